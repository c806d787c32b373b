/** What commits changed in how epoll_wait sleeps: with each of them, and without. */
import { describe, expect, test } from 'vitest';
import { sigmask } from '../../src/kernel/signal.ts';
import { EventBuffer, FaultingPage } from '../../src/kernel/uaccess.ts';
import { EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { SIG_BLOCK, SIGUSR1 } from '../../src/kernel/uapi/signal.ts';
import { CLOCK_MONOTONIC } from '../../src/kernel/uapi/time.ts';
import type { MachineOptions } from '../../src/sim/machine.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { add, epOf, eventfds, harvest, waitInto } from '../support/epoll.ts';
import { inThreads, type Side, side, upTo } from '../support/kernels.ts';
import { inThread, ms, pause, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { byHand } from '../support/schedule.ts';
import { Recorder } from '../support/trace.ts';

/** An epoll that watches eventfds, each of which is its own data. */
function* watching(sys: Sys, events: number, ...counts: number[]): Code<[number, number[]]> {
  const fds = yield* eventfds(sys, ...counts);
  const epfd = yield* sys.epoll_create1(0);
  for (const fd of fds) yield* add(sys, epfd, fd, events);
  return [epfd, fds];
}

describe('412895f03cbf', () => {
  /** R12 in 5.5 and 5.6, selftest epoll60. See test/races/one-entry-two-wakeups.test.ts. */
  test.each<[Side, number]>([
    ['with', 1],
    ['without', 2],
  ])('%s it %i of two waiters are on ep->wq after one was woken', (which, left) => {
    const queued = inMachine(
      function* (sys) {
        const [epfd, [fd = -1]] = yield* watching(sys, EPOLLIN | EPOLLET, 0);
        for (let i = 0; i < 2; i++) yield* inThread(sys, [], (t) => harvest(t, epfd, 1, 5));
        yield* pause(sys);
        yield* writeCount(sys, fd, 1n);
        return [...epOf(epfd).wq.head].length;
      },
      { cpus: 1, ...side(which, '412895f03cbf') },
    );

    expect(queued).toBe(left);
  });
});

describe('86c051793b4c', () => {
  /** What makes R12 possible: the entry is there while the waiter does not sleep. */
  test.each<[Side, number]>([
    ['with', 1],
    ['without', 0],
  ])('%s it a waiter that harvests has %i entries on ep->wq', (which, queued) => {
    const seen = inThreads(
      function* (sys) {
        const [epfd, [fd = -1]] = yield* watching(sys, EPOLLIN, 0);
        return {
          waits: (self) => harvest(self, epfd, 1, -1),
          writes: (self) => writeCount(self, fd, 1n),
          *looks() {
            return [...epOf(epfd).wq.head].length;
          },
        };
      },
      [
        { thread: 'waits' },
        { thread: 'writes' },
        ...upTo('waits', 'mutex_lock ep->mtx'),
        { thread: 'looks' },
      ],
      side(which, '86c051793b4c'),
    );

    expect(seen['looks']).toBe(queued);
  });
});

/** Two files become ready when `waits` is about to queue; `takes` harvests one, and scans. */
const twoReadyFiles = function* (sys: Sys): Code<Record<string, (self: Sys) => Code<unknown>>> {
  const [epfd, [a = -1, b = -1]] = yield* watching(sys, EPOLLIN | EPOLLET, 0, 0);
  return {
    waits: (self) => harvest(self, epfd, 1, -1),
    *writes(self) {
      yield* writeCount(self, a, 1n);
      yield* writeCount(self, b, 1n);
    },
    takes: (self) => harvest(self, epfd, 1, -1),
  };
};

describe('65759097d804', () => {
  /** The end of the race in the next test: the same moment, and the lock does not let it through. */
  test('with it a waiter that looks during a scan does not sleep', () => {
    const seen = inThreads(
      twoReadyFiles,
      [
        ...upTo('waits', 'access ep', 'access ep', 'write_lock ep->lock'),
        { thread: 'writes' },
        ...upTo('takes', 'access ep', 'mutex_lock ep->mtx', 'write_lock ep->lock', 'access ep'),
        ...upTo('takes', 'write_lock ep->lock'),
        { thread: 'waits' },
      ],
      side('with', '65759097d804'),
    );

    expect(Object.keys(seen).sort()).toEqual(['takes', 'waits', 'writes']);
  });

  /**
   * R13, in 5.5 and 5.6: a thread sleeps for ever beside a ready file.
   *
   * | takes                                | waits                                  |
   * | ------------------------------------ | -------------------------------------- |
   * |                                      | nothing ready: is about to queue       |
   * | scans: rdllist empty, ovflist open   |                                        |
   * |                                      | onto ep->wq; rdllist is empty          |
   * | closes ovflist                       |                                        |
   * |                                      | ovflist is closed: sleeps              |
   * | puts the second file onto rdllist    |                                        |
   */
  test('without it a waiter can see neither end of a scan, and sleeps', () => {
    const seen = inThreads(
      twoReadyFiles,
      [
        ...upTo('waits', 'access ep', 'access ep', 'write_lock ep->lock'),
        { thread: 'writes' },
        ...upTo('waits', 'access ep'),
        ...upTo('takes', 'access ep', 'mutex_lock ep->mtx', 'write_lock ep->lock', 'access ep'),
        ...upTo('takes', 'write_lock ep->lock'),
        ...upTo('waits', 'access ep'),
        ...upTo('takes', 'access ep'),
        { thread: 'waits' },
      ],
      side('without', '65759097d804'),
    );

    expect(Object.keys(seen).sort()).toEqual(['takes', 'writes']);
  });
});

/**
 * A timer, edge-triggered, wakes the newest of two waiters at the moment at which its time is over:
 * what both got, if they came back.
 */
const wokenAtTheEnd = (options: MachineOptions): unknown[] =>
  inMachine(
    function* (sys) {
      const timer = yield* sys.timerfd_create(CLOCK_MONOTONIC, 0);
      const epfd = yield* watch(sys, timer, EPOLLIN | EPOLLET);
      const results: unknown[] = [];
      yield* inThread(sys, results, (self) => harvest(self, epfd, 1, -1));
      yield* pause(sys);
      yield* sys.timerfd_settime(timer, 0, { it_value: ms(5), it_interval: ms(0) });
      yield* inThread(sys, results, (self) => harvest(self, epfd, 1, 5));
      yield* pause(sys, 20);
      return results;
    },
    { cpus: 1, ...options },
  );

describe('289caf5d8f6c', () => {
  /** R11, selftest epoll61: the wakeup went to a waiter that did not look, and the other slept on. */
  test.each<[Side, unknown]>([
    ['with', [[3]]],
    ['without', [[]]],
  ])('%s it a waiter that is woken as its time ends returns %j', (which, results) => {
    expect(wokenAtTheEnd(side(which, '289caf5d8f6c'))).toEqual(results);
  });
});

describe('abc610e01c66', () => {
  /** Where R11 came from. */
  test.each<[Side, unknown]>([
    ['with', [[]]],
    ['without', [[3]]],
  ])('%s it a waiter that is woken as its time ends returns %j', (which, results) => {
    expect(wokenAtTheEnd(side(which, 'abc610e01c66'))).toEqual(results);
  });
});

/** What a recorder hears of a thread that goes to sleep in epoll_wait. */
const fallingAsleep = (options: MachineOptions): string[] => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const epfd = yield* sys.epoll_create1(0);
    yield* inThread(sys, [], (self) => harvest(self, epfd, 1, 5));
    trace.lines.length = 0;
    yield* pause(sys);
  }, trace.on(options));
  return trace.lines.filter((line) => /^t1: \w+ ep/.test(line));
};

describe('c5a282e9635e', () => {
  /** A look without the lock may find neither list: what R13 and R15 are made of. */
  test.each<[Side, boolean]>([
    ['with', true],
    ['without', false],
  ])('%s it epoll_wait looks at the lists without the lock: %s', (which, lockless) => {
    expect(fallingAsleep(side(which, 'c5a282e9635e')).includes('t1: access ep')).toBe(lockless);
  });
});

describe('1b53734bd0b2', () => {
  /** R10 (ArangoDB, asio): ADD and MOD look for waiters under ep->lock, in 5.1 to 5.5 in vain. */
  test.each<[Side, string]>([
    ['with', 't1: write_lock ep->lock'],
    ['without', 't1: spin_lock ep->wq.lock'],
  ])('%s it a waiter queues under "%s"', (which, lock) => {
    const ops = fallingAsleep(side(which, '1b53734bd0b2'));

    expect(ops.filter((op) => op.includes('lock'))[0]).toBe(lock);
  });
});

describe('00b27634bc47', () => {
  /** The same answer, EINTR, at another place: a test of order would fail on one of the two. */
  test.each<[Side, number]>([
    ['with', 0],
    ['without', 1],
  ])('%s it a pending signal is found after taking ep->lock %i times', (which, times) => {
    const trace = new Recorder();
    inMachine(
      function* (sys) {
        const epfd = yield* sys.epoll_create1(0);
        yield* sys.sigaction(SIGUSR1, { *handler() {} });
        yield* sys.sigprocmask(SIG_BLOCK, sigmask(SIGUSR1));
        yield* sys.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
        trace.lines.length = 0;
        yield* sys.epoll_pwait(epfd, 1, -1, 0n);
        expect(trace.lines.filter((line) => line.includes('write_lock ep->lock'))).toHaveLength(
          times,
        );
      },
      trace.on(side(which, '00b27634bc47')),
    );
  });
});

/** Two threads look at once, with timeout 0, at a file that is ready all the time. */
const twoLooks = (stretches: Parameters<typeof inThreads>[1], options: MachineOptions): unknown =>
  inThreads(
    function* (sys) {
      const [epfd] = yield* watching(sys, EPOLLIN, 1);
      const look = (self: Sys): Code<unknown> => harvest(self, epfd, 1, 0);
      return { a: look, b: look };
    },
    stretches,
    options,
  );

describe('e59d3c64cba6', () => {
  /** R15: what made the false negative visible. See test/races/false-negative.test.ts. */
  test('with it epoll_wait(0) is wrong at the start of a scan by another thread', () => {
    const stretches = [...upTo('a', 'access ep', 'access ep'), { thread: 'b' }];

    expect(twoLooks(stretches, side('with', 'e59d3c64cba6'))).toEqual({ a: [3], b: [] });
  });

  test('without it epoll_wait(0) waits for the lock, and is right', () => {
    const stretches = [...upTo('a', 'access ep'), { thread: 'b' }];

    expect(twoLooks(stretches, side('without', 'e59d3c64cba6'))).toEqual({ a: [3], b: [3] });
  });
});

describe('0c4aefe3c2d0', () => {
  /** R15, selftest epoll65: the look is repeated by its sequence count. */
  test.each<[Side, unknown]>([
    ['with', { a: [3], b: [3] }],
    ['without', { a: [3], b: [] }],
  ])('%s it two looks while a scan begins find %j', (which, found) => {
    const stretches = [...upTo('a', 'access ep', 'access ep'), { thread: 'b' }];

    expect(twoLooks(stretches, side(which, '0c4aefe3c2d0'))).toEqual(found);
  });

  /** A scan takes both files over, one of which it puts back after the reader's first look. */
  test.each<[Side, unknown]>([
    ['with', [4]],
    ['without', []],
  ])('%s it a reader between whose looks a scan ends finds %j', (which, found) => {
    const seen = inThreads(
      function* (sys) {
        const [epfd] = yield* watching(sys, EPOLLIN | EPOLLET, 1, 1);
        return {
          b: (self) => harvest(self, epfd, 1, 0),
          a: (self) => harvest(self, epfd, 1, 0),
        };
      },
      [
        ...upTo('a', 'access ep', 'mutex_lock ep->mtx', 'spin_lock ep->lock', 'access ep'),
        ...upTo('a', 'spin_lock ep->lock'),
        ...upTo('b', 'access ep', 'access ep'),
        { thread: 'a' },
        { thread: 'b' },
      ],
      side(which, '0c4aefe3c2d0'),
    );

    expect(seen).toEqual({ a: [3], b: found });
  });
});

/** A wait of 5 ms that is kept from looking for 10 ms by a scan that another thread holds open. */
const lateWait = (options: MachineOptions): unknown[] =>
  inMachine(
    function* (sys) {
      const [epfd] = yield* watching(sys, EPOLLIN | EPOLLET, 1);
      const page = new FaultingPage();
      const results: unknown[] = [];
      yield* inThread(sys, [], () => waitInto(epfd, new EventBuffer(-1, page), 1, -1));
      yield* pause(sys);
      yield* inThread(sys, results, (self) => harvest(self, epfd, 1, 5));
      yield* pause(sys, 10);
      page.supply();
      yield* pause(sys);
      return results;
    },
    { cpus: 3, maxSteps: 20_000, ...options },
  );

describe('d9ec73301099', () => {
  /** R33: haproxy 2984 and netdata 20273 saw a CPU at 100 %. */
  test('with it a wait whose time is over before it sleeps returns nothing', () => {
    expect(lateWait(side('with', 'd9ec73301099'))).toEqual([[]]);
  });

  test('without it a wait whose time is over before it sleeps loops for ever', () => {
    expect(() => lateWait(side('without', 'd9ec73301099'))).toThrow(/20000|steps/);
  });
});

describe('0a65bc27bd64', () => {
  /** Both return: before, a timer was set for the past, which fired at once. */
  test('with it such a wait starts one timer less', () => {
    const fired = (which: Side): number => {
      const trace = new Recorder();
      const options = side(which, '0a65bc27bd64', { with: ['d9ec73301099'] });
      expect(lateWait(trace.on(options))).toEqual([[]]);
      return trace.calls.filter((name) => name === 'hrtimer_wakeup').length;
    };

    expect(fired('without') - fired('with')).toBe(1);
  });
});

describe('c257a340ede0', () => {
  /** A thread that spins over ready files could not be killed. */
  test.each<[Side, boolean]>([
    ['with', true],
    ['without', false],
  ])('%s it a killed waiter leaves the event on the list: %s', (which, left) => {
    let ready = 0;
    inMachine(
      function* (sys) {
        const [epfd, [fd = -1]] = yield* watching(sys, EPOLLIN | EPOLLET, 0);
        const ep = epOf(epfd);
        const child = yield* sys.fork(function* (self) {
          yield* harvest(self, epfd, 1, -1);
        });
        yield* pause(sys);
        yield* sys.kill(child, 9);
        yield* writeCount(sys, fd, 1n);
        yield* pause(sys);
        ready = [...ep.rdllist].length;
      },
      { cpus: 1, schedule: byHand([]), ...side(which, 'c257a340ede0') },
    );

    expect(ready === 1).toBe(left);
  });
});
