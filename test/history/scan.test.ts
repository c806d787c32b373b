/** What commits changed in scans, callbacks and locks: with each of them, and without. */
import { describe, expect, test } from 'vitest';
import { sigmask } from '../../src/kernel/signal.ts';
import { EventBuffer, FaultingPage } from '../../src/kernel/uaccess.ts';
import { EINVAL } from '../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLEXCLUSIVE, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { SIGUSR1 } from '../../src/kernel/uapi/signal.ts';
import { AF_UNIX, SOCK_STREAM } from '../../src/kernel/uapi/socket.ts';
import type { MachineOptions } from '../../src/sim/machine.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import {
  add,
  epOf,
  eventfds,
  fileOf,
  harvest,
  mod,
  readyList,
  waitInto,
} from '../support/epoll.ts';
import { inThreads, type Side, side, upTo } from '../support/kernels.ts';
import { fdinfo, inThread, pause, readCount, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import type { Stretch } from '../support/schedule.ts';
import { Recorder } from '../support/trace.ts';

/** An epoll that watches eventfds, each of which is its own data. */
function* watching(sys: Sys, events: number, ...counts: number[]): Code<[number, number[]]> {
  const fds = yield* eventfds(sys, ...counts);
  const epfd = yield* sys.epoll_create1(0);
  for (const fd of fds) yield* add(sys, epfd, fd, events);
  return [epfd, fds];
}

/** The kernel functions that a program enters. */
const callsOf = (program: (sys: Sys) => Code<unknown>, options: MachineOptions): string[] => {
  const trace = new Recorder();
  inMachine(program, trace.on(options));
  return trace.calls;
};

/** What a lock around the lists is called, and how it is taken by a callback. */
const lockOfCallback = (options: MachineOptions): string | undefined => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [, [fd = -1]] = yield* watching(sys, EPOLLIN, 0);
    yield* inThread(sys, [], (self) => writeCount(self, fd, 1n));
    yield* pause(sys);
  }, trace.on(options));
  const at = trace.lines.indexOf('enter ep_poll_callback');
  return trace.lines.slice(at).find((line) => line.includes('lock'));
};

describe('the lock of the lists', () => {
  /** Whoever reads a stack of an old kernel sees these. */
  test.each<[Parameters<typeof side>[1], Side, string]>([
    ['ee8ef0a4b167', 'without', 't1: spin_lock ep->lock'],
    ['ee8ef0a4b167', 'with', 't1: spin_lock ep->wq.lock'],
    ['a218cc491420', 'without', 't1: spin_lock ep->wq.lock'],
    ['a218cc491420', 'with', 't1: read_lock ep->lock'],
    ['0c43094f8cc9', 'without', 't1: read_lock ep->lock'],
    ['0c43094f8cc9', 'with', 't1: spin_lock ep->lock'],
  ])('%s: %s it a callback takes "%s"', (id, which, expected) => {
    expect(lockOfCallback(side(which, id))).toBe(expected);
  });
});

/** Two threads write to two eventfds; the first is stopped on its way to the list. */
const twoCallbacks = (
  firstStops: readonly string[],
  options: MachineOptions,
): Record<string, unknown> =>
  inThreads(
    function* (sys) {
      const [epfd, [a = -1, b = -1]] = yield* watching(sys, EPOLLIN | EPOLLET, 0, 0);
      return {
        first: (self) => writeCount(self, a, 1n),
        second: (self) => writeCount(self, b, 1n),
        *looks() {
          return readyList(epfd);
        },
        *takes(self) {
          return yield* harvest(self, epfd, 8, 0);
        },
      };
    },
    [...upTo('first', ...firstStops), { thread: 'second' }, { thread: 'looks' }],
    options,
  );

describe('a218cc491420', () => {
  /** Linux 5.1 to 6.17: each step of an append is one that another callback can follow. */
  test('with it a callback overtakes another one that is appending', () => {
    const stops = ['spin_lock ctx->wqh.lock', 'read_lock ep->lock', 'access ep', 'access ep'];
    const { looks, takes } = twoCallbacks(stops, side('with', 'a218cc491420'));

    expect([looks, takes]).toEqual([[4], [4, 3]]);
  });

  /** Between the two exchanges the list ends early for who walks it; so walking takes the lock. */
  test('with it an item that is being appended is not reached from the head yet', () => {
    const stops = ['spin_lock ctx->wqh.lock', 'read_lock ep->lock', 'access ep', 'access ep'];
    const { looks, takes } = twoCallbacks([...stops, 'access ep'], side('with', 'a218cc491420'));

    expect([looks, takes]).toEqual([[], [3, 4]]);
  });

  test('without it the second callback waits for the first', () => {
    const stops = ['spin_lock ctx->wqh.lock', 'spin_lock ep->wq.lock', 'access ep->poll_wait'];
    const { looks, takes } = twoCallbacks(stops, side('without', 'a218cc491420'));

    expect([looks, takes]).toEqual([[3], [3, 4]]);
  });
});

/** One thread's scan is held at its first event while others write; what it and the next one take. */
function* duringScan(sys: Sys, waiters: number): Code<{ asleep: number; results: unknown[] }> {
  const [epfd, fds] = yield* watching(sys, EPOLLIN | EPOLLET, 0, 0, 0);
  const page = new FaultingPage();
  const results: unknown[] = [];
  for (let i = 0; i < waiters; i++) yield* inThread(sys, results, (t) => harvest(t, epfd, 1, -1));
  yield* pause(sys);
  yield* inThread(sys, [], () => waitInto(epfd, new EventBuffer(-1, page), 1, -1));
  yield* pause(sys);
  yield* writeCount(sys, fds[0] as number, 1n);
  yield* pause(sys);
  yield* writeCount(sys, fds[2] as number, 1n);
  yield* writeCount(sys, fds[1] as number, 1n);
  const asleep = [...epOf(epfd).wq.head].length;
  page.supply();
  yield* pause(sys);
  if (waiters === 0) results.push(yield* harvest(sys, epfd, 8, 0));
  return { asleep, results };
}

describe('0c54a6a44bf3', () => {
  /** R14, in 5.5 and 5.6: an event that comes during a scan reaches nobody. */
  test.each<[Side, number, number]>([
    ['with', 0, 2],
    ['without', 2, 0],
  ])('%s it %i of two waiters sleep through two events during a scan', (which, left, woken) => {
    const options = side(which, '0c54a6a44bf3', { with: ['412895f03cbf'], cpus: 5 });
    const seen = inMachine((sys) => duringScan(sys, 2), options);

    expect([seen.asleep, seen.results.length]).toEqual([left, woken]);
  });
});

describe('c141175d011f', () => {
  /** Events that came during a scan: an event loop that serves in order served the newest first. */
  test.each<[Side, number[]]>([
    ['with', [5, 4]],
    ['without', [4, 5]],
  ])('%s it events that came during a scan are reported as %j', (which, order) => {
    const options = side(which, 'c141175d011f', { cpus: 3 });
    const seen = inMachine((sys) => duringScan(sys, 0), options);

    expect(seen.results).toEqual([order]);
  });
});

/** Two threads wait for one level-triggered file, which nobody reads: how many come back. */
const cascade = (options: MachineOptions): number =>
  inMachine(function* (sys) {
    const [epfd, [fd = -1]] = yield* watching(sys, EPOLLIN, 0);
    const results: unknown[] = [];
    for (let i = 0; i < 2; i++) yield* inThread(sys, results, (t) => harvest(t, epfd, 1, -1));
    yield* pause(sys);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    return results.length;
  }, options);

describe('339ddb53d373 and 7fab29e35630', () => {
  /** R16, selftest epoll64: Apache Qpid Proton hung from 5.5 to 5.12. */
  test.each<[string, MachineOptions, number]>([
    ['5.4', { kernel: '5.4' }, 2],
    ['5.5', { kernel: '5.5' }, 1],
    ['5.5 without 339ddb53d373', side('without', '339ddb53d373'), 2],
    ['5.12', { kernel: '5.12' }, 1],
    ['5.13', { kernel: '5.13' }, 2],
    ['5.13 without 7fab29e35630', side('without', '7fab29e35630'), 1],
  ])('on %s one level-triggered event wakes the waiters one after the other', (_, options, n) => {
    expect(cascade(options)).toBe(n);
  });

  /** The reason for 339ddb53d373: a second event at the outer epoll, for nothing new. */
  test.each<[Side, unknown]>([
    ['with', []],
    ['without', [4]],
  ])('%s 339ddb53d373 harvesting the inner epoll gives the outer ET one %j', (which, second) => {
    const seen = inMachine(
      function* (sys) {
        const [fd = -1] = yield* eventfds(sys, 1);
        const inner = yield* watch(sys, fd, EPOLLIN);
        const outer = yield* watch(sys, inner, EPOLLIN | EPOLLET);
        yield* harvest(sys, outer);
        yield* harvest(sys, inner);
        return yield* harvest(sys, outer);
      },
      side(which, '339ddb53d373'),
    );

    expect(seen).toEqual(second);
  });
});

describe('319c15174757', () => {
  /** Traces and probes by name (bpftrace scripts) are bitten. */
  test.each<[Side, string[]]>([
    ['with', ['ep_send_events', 'ep_start_scan', 'ep_done_scan']],
    ['without', ['ep_send_events', 'ep_scan_ready_list', 'ep_send_events_proc']],
  ])('%s it a harvest goes through %j', (which, expected) => {
    const calls = callsOf(
      function* (sys) {
        const [epfd] = yield* watching(sys, EPOLLIN, 1);
        yield* harvest(sys, epfd);
      },
      side(which, '319c15174757'),
    );

    expect(calls.filter((name) => /send_events|scan/.test(name))).toEqual(expected);
  });
});

/** An epoll in an epoll, polled and woken: the functions on the way. */
function* nested(sys: Sys): Code<void> {
  const [fd = -1] = yield* eventfds(sys, 0);
  const inner = yield* watch(sys, fd, EPOLLIN);
  const outer = yield* watch(sys, inner, EPOLLIN);
  yield* writeCount(sys, fd, 1n);
  yield* harvest(sys, outer);
}

describe('37b5e5212a44 and 57a173bdf5ba', () => {
  /** A global lock in every poll and every wakeup of nested epolls. */
  test.each<[Parameters<typeof side>[1], Side, string, boolean]>([
    ['37b5e5212a44', 'with', 'ep_poll_readyevents_proc', false],
    ['37b5e5212a44', 'without', 'ep_poll_readyevents_proc', true],
    ['57a173bdf5ba', 'with', 'ep_poll_wakeup_proc', false],
    ['57a173bdf5ba', 'without', 'ep_poll_wakeup_proc', true],
  ])('%s: %s it nested epolls go through %s: %s', (id, which, name, goes) => {
    expect(callsOf(nested, side(which, id)).includes(name)).toBe(goes);
  });

  /** The answers are the same in all of them. */
  test.each(['4.4', '4.9', '4.20', '5.10', '5.11', '6.18', '7.3'])(
    'on %s the outer epoll reports the inner one',
    (kernel) => {
      const seen = inMachine(
        function* (sys) {
          const [fd = -1] = yield* eventfds(sys, 1);
          const inner = yield* watch(sys, fd, EPOLLIN);
          return yield* harvest(sys, yield* watch(sys, inner, EPOLLIN));
        },
        { kernel },
      );

      expect(seen).toEqual([4]);
    },
  );
});

describe('df0108c5da56', () => {
  /** D.22: a kernel before 4.5 takes the bit and wakes everybody, so "ADD succeeded" proves nothing. */
  test.each<[Side, number]>([
    ['with', 1],
    ['without', 2],
  ])('%s it one write wakes %i of two exclusive epolls', (which, woken) => {
    const seen = inMachine(
      function* (sys) {
        const [fd = -1] = yield* eventfds(sys, 0);
        const results: unknown[] = [];
        for (let i = 0; i < 2; i++) {
          const epfd = yield* watch(sys, fd, EPOLLIN | EPOLLEXCLUSIVE);
          yield* inThread(sys, results, (self) => harvest(self, epfd, 1, -1));
        }
        yield* pause(sys);
        yield* writeCount(sys, fd, 1n);
        yield* pause(sys);
        return results.length;
      },
      side(which, 'df0108c5da56'),
    );

    expect(seen).toBe(woken);
  });

  test.each<[Side, number]>([
    ['with', -EINVAL],
    ['without', 0],
  ])('%s it MOD of an exclusive item is %i', (which, expected) => {
    const seen = inMachine(
      function* (sys) {
        const [epfd, [fd = -1]] = yield* watching(sys, EPOLLIN | EPOLLEXCLUSIVE, 0);
        return yield* mod(sys, epfd, fd, EPOLLIN);
      },
      side(which, 'df0108c5da56'),
    );

    expect(seen).toBe(expected);
  });
});

describe('900bbaae67e9', () => {
  /** A hint to the scheduler: the writer of a socket is about to wait for the answer. */
  test.each<[Side, string[]]>([
    ['with', ['__wake_up_sync_key', '__wake_up_sync_key']],
    ['without', ['__wake_up_sync_key', '__wake_up']],
  ])('%s it a write to a socket wakes by %j', (which, expected) => {
    const trace = new Recorder();
    inMachine(
      function* (sys) {
        const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
        const epfd = yield* watch(sys, a, EPOLLIN);
        yield* inThread(sys, [], (self) => harvest(self, epfd, 1, -1));
        yield* pause(sys);
        trace.calls.length = 0;
        yield* sys.write(b, 'x');
        expect(trace.calls.filter((name) => name.startsWith('__wake_up'))).toEqual(expected);
      },
      trace.on({ cpus: 1, ...side(which, '900bbaae67e9') }),
    );
  });
});

describe('a16ceb139610', () => {
  /** R32: entries of tasks that were awake stayed, and every event walked over all of them. */
  test.each<[Side, number]>([
    ['with', 0],
    ['without', 1],
  ])('%s it a wakeup that finds its waiter awake leaves %i entries', (which, left) => {
    const seen = inMachine(
      function* (sys) {
        const [epfd, [fd = -1]] = yield* watching(sys, EPOLLIN | EPOLLET, 0);
        yield* sys.sigaction(SIGUSR1, { *handler() {} });
        const tid = yield* inThread(sys, [], (self) => harvest(self, epfd, 1, 5));
        yield* pause(sys);
        yield* sys.tgkill(sys.task.tgid, tid, SIGUSR1); // It is awake, and has not run.
        yield* writeCount(sys, fd, 1n);
        return [...epOf(epfd).wq.head].length;
      },
      { cpus: 1, ...side(which, 'a16ceb139610') },
    );

    expect(seen).toBe(left);
  });
});

describe('4efaa5acf0a1', () => {
  /** R22 (CVE-2024-38580): dma-buf took a reference of a file that was being closed, and closed it twice. */
  test.each<[Side, unknown]>([
    ['with', [1]],
    ['without', [2]],
  ])('%s it a scan beside the last close of a ready file reports %j events', (which, expected) => {
    const seen = inMachine(
      function* (sys) {
        const [epfd, [, fd = -1]] = yield* watching(sys, EPOLLIN, 1, 1);
        const page = new FaultingPage();
        const results: unknown[] = [];
        yield* inThread(sys, results, () => waitInto(epfd, new EventBuffer(-1, page), 2, -1));
        yield* pause(sys);
        yield* inThread(sys, [], (self) => self.close(fd));
        yield* pause(sys);
        expect(fileOf(epfd).f_ref.refs).toBeGreaterThan(0);
        page.supply();
        yield* pause(sys);
        return results;
      },
      { cpus: 4, ...side(which, '4efaa5acf0a1') },
    );

    expect(seen).toEqual(expected);
  });
});

describe('fdinfo-target', () => {
  /** CRIU reads these lines to know which file an item is about. */
  test.each<[Side, boolean]>([
    ['with', true],
    ['without', false],
  ])('%s it a line of fdinfo has position, inode and device: %s', (which, has) => {
    const [line = ''] = inMachine(
      function* (sys) {
        const [epfd] = yield* watching(sys, EPOLLIN, 0);
        return yield* fdinfo(sys, epfd);
      },
      side(which, 'fdinfo-target'),
    );

    expect(line).toMatch(/^tfd: {8}3 events: {7}19 data: {16}3/);
    expect(/ {2}pos:0 ino:[0-9a-f]+ sdev:[0-9a-f]+$/.test(line)).toBe(has);
  });
});

/** A signalfd of a child that has ended is in an epoll: one thread reaps the child, one closes the epoll. */
const endOfQueue = (stretches: readonly Stretch[], options: MachineOptions): unknown =>
  inThreads(
    function* (sys) {
      const sfd = yield* sys.signalfd4(-1, sigmask(SIGUSR1), 0);
      const epfd = yield* sys.epoll_create1(0);
      const done = yield* sys.eventfd2(0, 0);
      const child = yield* sys.fork(function* (self) {
        yield* add(self, epfd, sfd, EPOLLIN);
        yield* writeCount(self, done, 1n);
      });
      yield* readCount(sys, done);
      return {
        reaps: (self) => self.wait4(child, 0),
        closes: (self) => self.close(epfd),
      };
    },
    [{ thread: 'p1002' }, { thread: 'main' }, ...stretches], // The child first.
    options,
  );

describe('971316f0503a', () => {
  /**
   * The other half of R6, in 3.2 and before.
   *
   * | close(epfd)                              | the queue's owner                    |
   * | ---------------------------------------- | ------------------------------------ |
   * | finds the queue                          |                                      |
   * |                                          | POLLFREE: takes the item off; freed  |
   * | takes the lock of the queue: freed       |                                      |
   */
  const stretches = [
    ...upTo('closes', 'spin_lock sighand->signalfd_wqh'),
    { thread: 'reaps' },
    { thread: 'closes' },
  ];

  test('without it closing an epoll takes the lock of a queue that has ended', () => {
    expect(() => endOfQueue(stretches, side('without', '971316f0503a'))).toThrow(
      /use after free: closes takes sighand->signalfd_wqh/,
    );
  });

  test('with it a queue that somebody is on the way to is not freed', () => {
    expect(() => endOfQueue(stretches, side('with', '971316f0503a'))).not.toThrow();
  });
});

describe('138e4ad67afd', () => {
  /**
   * R7, in 3.3 to 4.12: the watched queue ends while somebody closes the epoll.
   *
   * | the queue's owner: POLLFREE            | close(epfd)                            |
   * | -------------------------------------- | -------------------------------------- |
   * | whead = NULL                           |                                        |
   * |                                        | no queue to wait for: frees all        |
   * | takes the entry off, and ep->lock      |                                        |
   */
  const run = (which: Side, stops: readonly string[]): unknown =>
    endOfQueue(
      [...upTo('reaps', ...stops), { thread: 'closes' }, { thread: 'reaps' }],
      side(which, '138e4ad67afd'),
    );

  test('without it a queue that ends uses what closing the epoll has freed', () => {
    expect(() => run('without', ['access ep'])).toThrow(/use after free: eppoll_entry, by reaps/);
  });

  test('with it closing the epoll waits for the end of the queue', () => {
    expect(() => run('with', ['spin_lock ep->lock'])).not.toThrow();
  });
});
