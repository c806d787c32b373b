/** What commits around eventpoll changed: with each of them, and without. */
import { describe, expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import { list_del_init } from '../../src/kernel/list.ts';
import { sigmask } from '../../src/kernel/signal.ts';
import { signalfd_cleanup } from '../../src/kernel/signalfd.ts';
import { EPOLL_CTL_DEL, EPOLLET, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../src/kernel/uapi/fcntl.ts';
import { SIGUSR1 } from '../../src/kernel/uapi/signal.ts';
import { AF_UNIX, SOCK_DGRAM, SOCK_NONBLOCK } from '../../src/kernel/uapi/socket.ts';
import {
  add_wait_queue,
  add_wait_queue_exclusive,
  wait_queue_entry,
  wait_queue_head,
  wake_up,
} from '../../src/kernel/wait.ts';
import type { MachineOptions } from '../../src/sim/machine.ts';
import { at } from '../net/unix/support.ts';
import { add } from '../support/epoll.ts';
import { type Side, side, upTo } from '../support/kernels.ts';
import { inThread, pause, polled, reported, watch } from '../support/programs.ts';
import { inMachine, runAlone, runTogether } from '../support/run.ts';
import { byHand } from '../support/schedule.ts';

const bytes = (n: number): Uint8Array => new Uint8Array(n);

describe('pipes', () => {
  /** R29: a second write to a pipe that nobody drains, as an edge-triggered reader sees it. */
  test.each<[string, MachineOptions, number[]]>([
    ['5.4', { kernel: '5.4' }, [EPOLLIN]],
    ['5.5', { kernel: '5.5' }, []],
    ['5.5 without 1b6b26ae7053', side('without', '1b6b26ae7053'), [EPOLLIN]],
    ['5.14-rc3', { kernel: '5.14-rc3' }, []],
    ['5.14-rc4', side('with', '3a34b13a88ca'), [EPOLLIN]],
    ['5.14-rc4 without 3a34b13a88ca', side('without', '3a34b13a88ca'), []],
    ['5.14', side('with', '3b844826b6c6'), [EPOLLIN]],
    ['7.3', side('with', 'pseudo_edgetrigger'), [EPOLLIN]],
  ])('on %s the second write to an undrained pipe is reported as %j', (_, options, second) => {
    const seen = inMachine(function* (sys) {
      const [r, w] = yield* sys.pipe2(0);
      const ep = yield* watch(sys, r, EPOLLIN | EPOLLET);
      yield* sys.write(w, 'x');
      yield* reported(sys, ep);
      yield* sys.write(w, 'x');
      return yield* reported(sys, ep);
    }, options);

    expect(seen).toEqual(second);
  });

  /** Wakeups cost; who never polls is not to pay (3b844826b6c6), nor who polls by level (7.3). */
  test.each<[string, MachineOptions, boolean]>([
    ['without 3b844826b6c6', side('without', '3b844826b6c6'), true],
    ['with 3b844826b6c6', side('with', '3b844826b6c6'), false],
    ['polled, without pseudo_edgetrigger', side('without', 'pseudo_edgetrigger'), true],
    ['polled, with pseudo_edgetrigger', side('with', 'pseudo_edgetrigger'), false],
  ])('%s a write to a pipe that is not empty wakes a sleeper', (what, options, wakes) => {
    let wakeups = 0;
    const woken = inMachine(function* (sys) {
      const [r, w] = yield* sys.pipe2(0);
      if (what.startsWith('polled')) yield* polled(sys, r);
      yield* sys.write(w, 'x');
      const pipe = sys.task.files.fd[r]?.private_data as { rd_wait: wait_queue_head };
      const counts = new wait_queue_entry(function* () {
        wakeups++;
        return 1;
      }, null);
      yield* add_wait_queue(pipe.rd_wait, counts);
      yield* sys.write(w, 'x');
      return wakeups;
    }, options);

    expect(woken > 0).toBe(wakes);
  });

  /** An edge-triggered writer hears of each slot, or of the first one only. */
  test.each<[Side, number[]]>([
    ['with', []],
    ['without', [EPOLLOUT]],
  ])('%s f467a6a66419 a second read of a page is reported to the writer as %j', (which, second) => {
    const seen = inMachine(
      function* (sys) {
        const [r, w] = yield* sys.pipe2(O_NONBLOCK);
        const ep = yield* watch(sys, w, EPOLLOUT | EPOLLET);
        yield* sys.write(w, bytes(65536));
        yield* reported(sys, ep);
        yield* sys.read(r, bytes(4096));
        yield* reported(sys, ep);
        yield* sys.read(r, bytes(4096));
        return yield* reported(sys, ep);
      },
      side(which, 'f467a6a66419'),
    );

    expect(seen).toEqual(second);
  });

  /** Nothing for the writer to do: a slot is free only when it is empty. */
  test.each<[Side, number]>([
    ['with', 0],
    ['without', 1],
  ])('%s aaec5a95d596 a read of one byte of a full pipe wakes the writer %i times', (which, n) => {
    let wakeups = 0;
    const woken = inMachine(
      function* (sys) {
        const [r, w] = yield* sys.pipe2(O_NONBLOCK);
        yield* sys.write(w, bytes(65536));
        const pipe = sys.task.files.fd[r]?.private_data as { wr_wait: wait_queue_head };
        const counts = new wait_queue_entry(function* () {
          wakeups++;
          return 1;
        }, null);
        yield* add_wait_queue(pipe.wr_wait, counts);
        yield* sys.read(r, bytes(1));
        return wakeups;
      },
      side(which, 'aaec5a95d596'),
    );

    expect(woken).toBe(n);
  });

  /** Make's jobserver: a byte, and a herd of readers of whom one gets it. */
  test.each<[Side, number]>([
    ['with', 1],
    ['without', 0],
  ])('%s 0ddad21d3e99 one byte leaves %i of two readers on the queue', (which, left) => {
    const seen = inMachine(
      function* (sys) {
        const [r, w] = yield* sys.pipe2(0);
        for (let i = 0; i < 2; i++) yield* inThread(sys, [], (self) => self.read(r, bytes(1)));
        yield* pause(sys);
        const pipe = sys.task.files.fd[r]?.private_data as { rd_wait: wait_queue_head };
        yield* sys.write(w, 'x');
        const queued = [...pipe.rd_wait.head].length;
        yield* sys.close(w);
        return queued;
      },
      { cpus: 1, ...side(which, '0ddad21d3e99') },
    );

    expect(seen).toBe(left);
  });

  /** Readers that sleep beyond the end of what they read, in release candidates of 5.6. */
  test.each<[Side, number]>([
    ['with', 2],
    ['without', 1],
  ])('%s 6551d5c56eb0 the last writer going away wakes %i of two readers', (which, woken) => {
    const results: unknown[] = [];
    inMachine(
      function* (sys) {
        const [r, w] = yield* sys.pipe2(0);
        for (let i = 0; i < 2; i++) yield* inThread(sys, results, (t) => t.read(r, bytes(1)));
        yield* pause(sys);
        yield* sys.close(w);
        yield* pause(sys);
      },
      side(which, '6551d5c56eb0'),
    );

    expect(results).toHaveLength(woken);
  });
});

/** Seventy waiters, who count; one more that joins at the head while the wakeup makes a break. */
const wokenOf71 = (options: MachineOptions): { woken: number; late: number } => {
  const wq = new wait_queue_head('queue');
  let woken = 0;
  let late = 0;
  const counts = (): wait_queue_entry =>
    new wait_queue_entry(function* () {
      woken++;
      return 1;
    }, null);
  const latecomer = new wait_queue_entry(function* () {
    late++;
    return 1;
  }, null);
  runAlone(function* () {
    for (let i = 0; i < 70; i++) yield* add_wait_queue(wq, counts());
  });
  runTogether(
    { wakes: () => wake_up(wq), joins: () => add_wait_queue(wq, latecomer) },
    {
      schedule: byHand([
        ...upTo('wakes', 'spin_lock wq_head->lock', 'spin_lock wq_head->lock'),
        { thread: 'joins' },
        { thread: 'wakes' },
      ]),
      ...options,
    },
  );
  return { woken, late };
};

describe('2554db916586 and 37acade0ce89', () => {
  /** From 4.14 to 6.6 a walk over many waiters is not one step. */
  test.each<[string, MachineOptions]>([
    ['with 2554db916586', side('with', '2554db916586')],
    ['without 37acade0ce89', side('without', '37acade0ce89')],
  ])('%s who joins during a break of a wakeup is missed', (_, options) => {
    expect(wokenOf71(options)).toEqual({ woken: 70, late: 0 });
  });

  test.each<[string, MachineOptions]>([
    ['without 2554db916586', side('without', '2554db916586')],
    ['with 37acade0ce89', side('with', '37acade0ce89')],
  ])('%s a wakeup has no break to join in', (_, options) => {
    expect(() => wokenOf71(options)).toThrow(/wakes cannot run, and has not reached/);
  });
});

describe('d80e731ecab4', () => {
  /** R6: a signalfd that the child added to the parent's epoll, and the child's end. */
  const program = (which: Side): number =>
    inMachine(
      function* (sys) {
        const sfd = yield* sys.signalfd4(-1, sigmask(SIGUSR1), 0);
        const epfd = yield* sys.epoll_create1(0);
        const child = yield* sys.fork(function* (self) {
          yield* add(self, epfd, sfd, EPOLLIN);
        });
        yield* sys.wait4(child, 0);
        return yield* sys.close(epfd);
      },
      side(which, 'd80e731ecab4'),
    );

  test('without it an epoll uses the queue of a process that is gone', () => {
    expect(() => program('without')).toThrow(/use after free: main takes sighand->signalfd_wqh/);
  });

  test('with it the queue of a process lets go of the epoll at its end', () => {
    expect(program('with')).toBe(0);
  });
});

describe('42288cb44c4b', () => {
  /** Exclusive waiters other than epolls (Android's binder had some) stayed on a freed queue. */
  test.each<[Side, number]>([
    ['with', 2],
    ['without', 1],
  ])('%s it the end of a queue is told to %i of two exclusive waiters', (which, told) => {
    let count = 0;
    runAlone(
      function* () {
        const { sighand } = current;
        for (let i = 0; i < 2; i++) {
          const entry: wait_queue_entry = new wait_queue_entry(function* () {
            count++;
            list_del_init(entry.entry);
            return 1;
          }, null);
          yield* add_wait_queue_exclusive(sighand.signalfd_wqh, entry);
        }
        yield* signalfd_cleanup(sighand);
      },
      side(which, '42288cb44c4b'),
    );

    expect(count).toBe(told);
  });
});

describe('7d267278a9ec', () => {
  /** R27 (CVE-2013-7446): a datagram socket that waits for room at a receiver, which goes away. */
  const program = (which: Side): number =>
    inMachine(
      function* (sys) {
        const log = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
        yield* sys.bind(log, at('/log'));
        const sender = yield* sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
        yield* sys.connect(sender, at('/log'));
        const epfd = yield* watch(sys, sender, EPOLLOUT);
        yield* sys.close(log);
        yield* sys.write(sender, 'x'); // ECONNREFUSED, and nobody keeps the receiver any more.
        return yield* sys.epoll_ctl(epfd, EPOLL_CTL_DEL, sender);
      },
      side(which, '7d267278a9ec'),
    );

  test('without it removing the item uses the queue of the receiver, which is freed', () => {
    expect(() => program('without')).toThrow(/use after free: main takes peer_wait.lock/);
  });

  test('with it the item is removed from a queue of its own socket', () => {
    expect(program('with')).toBe(0);
  });
});
