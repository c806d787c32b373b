import { describe, expect, test } from 'vitest';
import { ep_timeout_to_timespec, epoll_sendevents } from '../../../src/kernel/eventpoll/index.ts';
import { EP_MAX_EVENTS } from '../../../src/kernel/eventpoll/types.ts';
import { ktime_get } from '../../../src/kernel/hrtimer.ts';
import { EventBuffer } from '../../../src/kernel/uaccess.ts';
import { EBADF, EINTR, EINVAL, ENOSYS } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { SIGUSR1 } from '../../../src/kernel/uapi/signal.ts';
import { Machine, type MachineOptions } from '../../../src/sim/machine.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { epOf, eventfds, fileOf, harvest } from '../../support/epoll.ts';
import { inThread, pause, readCount, watch, writeCount } from '../../support/programs.ts';
import { inMachine, runAlone } from '../../support/run.ts';
import { byHand } from '../../support/schedule.ts';
import { Recorder } from '../../support/trace.ts';

/** Runs a call; what it returned and how many ms it took. */
function* timed(call: Code<{ ret: number }>): Code<[number, number]> {
  const start = ktime_get();
  const { ret } = yield* call;
  return [ret, (ktime_get() - start) / 1e6];
}

describe('arguments', () => {
  /** Verified on 6.18; up to 6.14 the size of the buffer came first (ae3a4f1fdc2c). */
  test.each([
    ['6.18', 99, 0, -EBADF],
    ['6.14', 99, 0, -EINVAL],
    ['6.14', 99, 1, -EBADF],
    ['6.18', 3, 0, -EINVAL],
    ['6.18', 3, -1, -EINVAL],
    ['6.18', 4, 1, -EINVAL],
    ['6.18', 4, 0, -EINVAL],
    ['6.18', 3, EP_MAX_EVENTS, 0],
    ['6.18', 3, EP_MAX_EVENTS + 1, -EINVAL],
  ])(
    'on %s epoll_wait of descriptor %i with room for %i is %i',
    (kernel, fd, maxevents, expected) => {
      const ret = inMachine(
        function* (sys) {
          yield* sys.epoll_create1(0); // 3
          yield* sys.eventfd2(0, 0); // 4
          return (yield* sys.epoll_wait(fd, maxevents, 0)).ret;
        },
        { kernel },
      );

      expect(ret).toBe(expected);
    },
  );

  /** INT_MAX / 12 on x86-64 (C.6). */
  test('EP_MAX_EVENTS is 178956970', () => {
    expect(EP_MAX_EVENTS).toBe(178_956_970);
  });

  /** epoll_pwait2(2): the time is checked before the descriptor. */
  test.each([
    [-1, 0],
    [0, 1_000_000_000],
    [0, -1],
  ])('epoll_pwait2 with %i s %i ns is -EINVAL, whatever the descriptor', (tv_sec, tv_nsec) => {
    const ret = inMachine(function* (sys) {
      return (yield* sys.epoll_pwait2(99, 1, { tv_sec, tv_nsec })).ret;
    });

    expect(ret).toBe(-EINVAL);
  });

  /** epoll_pwait2 came with 5.11; before, a program has to fall back. */
  test('a kernel without 58169a52ebc9 answers epoll_pwait2 with -ENOSYS', () => {
    const ret = inMachine(
      function* (sys) {
        return (yield* sys.epoll_pwait2(99, 0, { tv_sec: -1, tv_nsec: 0 })).ret;
      },
      { without: ['58169a52ebc9'] },
    );

    expect(ret).toBe(-ENOSYS);
  });
});

describe('timeouts', () => {
  const empty = (
    call: (sys: Sys, epfd: number) => Code<{ ret: number }>,
    options: MachineOptions = {},
  ): [number, number] =>
    inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      return yield* timed(call(sys, yield* watch(sys, efd, EPOLLIN)));
    }, options);

  /** epoll_wait(2): 0 returns at once, anything else not before its time. */
  test.each([0, 1, 20, 1500])(
    'epoll_wait with timeout %i ms returns 0 after that time',
    (timeout) => {
      expect(empty((sys, epfd) => sys.epoll_wait(epfd, 1, timeout))).toEqual([0, timeout]);
    },
  );

  /** D.28: rounding to milliseconds is what epoll_pwait2 spares. */
  test('epoll_pwait2 counts in nanoseconds', () => {
    expect(empty((sys, epfd) => sys.epoll_pwait2(epfd, 1, { tv_sec: 0, tv_nsec: 1500 }))).toEqual([
      0, 0.0015,
    ]);
  });

  /** R33: 6.15-rc spun for ever in the kernel when the time was over before the sleep. */
  test('epoll_pwait2 with 1 ns returns', () => {
    expect(empty((sys, epfd) => sys.epoll_pwait2(epfd, 1, { tv_sec: 0, tv_nsec: 1 }))[0]).toBe(0);
  });

  /** epoll_pwait2(2): a NULL time is for ever, a zero one is not to wait. */
  test('epoll_pwait2 without a time waits for ever, with zero not at all', () => {
    expect(empty((sys, epfd) => sys.epoll_pwait2(epfd, 1, { tv_sec: 0, tv_nsec: 0 }))).toEqual([
      0, 0,
    ]);
    expect(() => empty((sys, epfd) => sys.epoll_pwait2(epfd, 1, null))).toThrow(/never returned/);
  });

  /** -1, and any other negative number. */
  test('a negative timeout is for ever', () => {
    expect(() => empty((sys, epfd) => sys.epoll_wait(epfd, 1, -1))).toThrow(/never returned/);
    expect(() => empty((sys, epfd) => sys.epoll_wait(epfd, 1, -7))).toThrow(/never returned/);
  });

  /** A deadline is a point of time, computed once: a wakeup for nothing does not prolong it. */
  test('a thread that finds nothing after a wakeup sleeps on until the same deadline', () => {
    const result = inMachine(
      function* (sys) {
        const [efd = -1] = yield* eventfds(sys, 0);
        const epfd = yield* watch(sys, efd, EPOLLIN);
        yield* sys.pthread_create(function* (thief) {
          yield* pause(thief, 10);
          yield* writeCount(thief, efd, 1n);
          yield* readCount(thief, efd);
        });
        return yield* timed(sys.epoll_wait(epfd, 1, 30));
      },
      { cpus: 1 },
    );

    expect(result).toEqual([0, 30]);
  });

  /** What the calls make of a number of milliseconds. */
  test('ep_timeout_to_timespec is null for ever, 0 for at once, else a point of time', () => {
    const seen = runAlone(function* () {
      const now = ktime_get();
      return [ep_timeout_to_timespec(-1), ep_timeout_to_timespec(0), ep_timeout_to_timespec(5)].map(
        (to) => (to === null || to === 0 ? to : to - now),
      );
    });

    expect(seen).toEqual([null, 0, 5_000_000]);
  });
});

describe('sleeping and waking', () => {
  /** The whole point. */
  test('a sleeping thread is woken by an event and returns it', () => {
    const trace = new Recorder();
    const [result, left] = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN);
      yield* sys.pthread_create(function* (thread) {
        yield* pause(thread, 7);
        yield* writeCount(thread, efd, 1n);
      });
      const answer = yield* timed(sys.epoll_wait(epfd, 1, -1));
      return [answer, [...epOf(epfd).wq.head].length];
    }, trace.on());

    expect(result).toEqual([1, 7]);
    expect(left).toBe(0);
    expect(trace).toVisit('ep_poll: nothing ready, onto ep->wq');
  });

  /** A queue with dead entries would eat wakeups (R12, R32). */
  test('a thread whose time is up leaves the queue', () => {
    const trace = new Recorder();
    const left = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      yield* sys.epoll_wait(epfd, 1, 5);
      return [...epOf(epfd).wq.head].length;
    }, trace.on());

    expect(left).toBe(0);
    expect(trace).toVisit('ep_poll: nobody took it off ep->wq, so it leaves');
  });

  /** a16ceb139610: until 5.19 an entry stayed on the queue when its task was awake already. */
  test.each([
    ['6.18', [], 0],
    ['6.18 without a16ceb139610', ['a16ceb139610'], 1],
  ])('on %s a wakeup of a task that is awake takes its entry off', (_kernel, without, left) => {
    const entries = inMachine(
      function* (sys) {
        const [efd = -1] = yield* eventfds(sys, 0);
        const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
        const tid = yield* sys.pthread_create(function* (thread) {
          yield* thread.epoll_wait(epfd, 1, -1);
        });
        yield* pause(sys);
        const sleeper = sys.task.kernel.tasks.get(tid);
        if (sleeper !== undefined) sleeper.__state = 0; // As a signal or a timer would leave it.
        yield* writeCount(sys, efd, 1n);
        const count = [...epOf(epfd).wq.head].length;
        yield* sys.tgkill(sys.task.tgid, tid, 0);
        return count;
      },
      { without },
    );

    expect(entries).toBe(left);
  });

  /** E.1, 11: an event beats a signal that is pending. */
  test('a thread that is woken by a signal harvests before it reports -EINTR', () => {
    const result = inMachine(
      function* (sys) {
        const [efd = -1] = yield* eventfds(sys, 0);
        const epfd = yield* watch(sys, efd, EPOLLIN);
        yield* sys.sigaction(SIGUSR1, { *handler() {} });
        yield* sys.pthread_create(function* (thread) {
          yield* thread.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
          yield* writeCount(thread, efd, 1n);
        });
        return (yield* sys.epoll_wait(epfd, 1, -1)).ret;
      },
      { cpus: 1 },
    );

    expect(result).toBe(1);
  });

  /** The same without an event. */
  test('a thread that is woken by a signal and finds nothing reports -EINTR', () => {
    const result = inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      yield* sys.sigaction(SIGUSR1, { *handler() {} });
      yield* sys.pthread_create(function* (thread) {
        yield* thread.tgkill(sys.task.tgid, sys.task.pid, SIGUSR1);
      });
      return (yield* sys.epoll_wait(epfd, 1, -1)).ret;
    });

    expect(result).toBe(-EINTR);
  });

  /**
   * A wakeup that chooses a thread whose time is up at the same moment: if that thread returned 0,
   * the event would wait for somebody else although a wakeup was spent on it.
   *
   * | waiter                         | waker                                  |
   * | ------------------------------ | -------------------------------------- |
   * | its timer fires: time is up    |                                        |
   * |                                | callback takes its entry off ep->wq    |
   * | is not queued any more: harvest|                                        |
   */
  test.each([
    ['before it looks', 'access ep->wq', 'waker'],
    ['after it has looked, before it has the lock', 'spin_lock ep->lock', 'waker'],
  ])('a thread whose time is up and that is then chosen %s harvests', (_when, until, waker) => {
    const results: number[] = [];
    const machine: Machine = new Machine({
      cpus: 3,
      schedule: byHand([
        { thread: 'main' },
        { thread: 'waiter' }, // Sleeps.
        { thread: 'waker', until: 'access files' },
        { thread: 'waker', until: 'access files' }, // The timer has been fired by hand.
        { thread: 'swapper/0' },
        { thread: 'waiter', until },
        { thread: waker },
      ]),
    });
    machine.spawn(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
      yield* sys.pthread_create(function* (thread) {
        results.push((yield* thread.epoll_wait(epfd, 1, 10)).ret);
      }, 'waiter');
      yield* sys.pthread_create(function* (thread) {
        yield* thread.getpid();
        machine.fireTimers();
        yield* writeCount(thread, efd, 1n);
      }, 'waker');
      yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, 500);
    });

    machine.run();

    expect(results).toEqual([1]);
  });
});

describe('io_uring', () => {
  /** io_uring polls the epoll descriptor itself and then calls this; it must never sleep. */
  test('epoll_sendevents returns what is there, and 0 when nothing is', () => {
    const seen = inMachine(function* (sys) {
      const [efd = -1] = yield* eventfds(sys, 0);
      const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
      const take = () => epoll_sendevents(fileOf(epfd), new EventBuffer(), 4);
      const rets = [yield* take()];
      yield* writeCount(sys, efd, 1n);
      rets.push(yield* take(), yield* take());
      rets.push(yield* epoll_sendevents(fileOf(epfd), new EventBuffer(), 0));
      rets.push(yield* epoll_sendevents(fileOf(efd), new EventBuffer(), 4));
      return rets;
    });

    expect(seen).toEqual([0, 1, 0, -EINVAL, -EINVAL]);
  });
});

describe('one event and many threads', () => {
  /** D.12: ET guarantees one event a callback, not one thread at a time. */
  test('new data while one thread still reads gives an ET event to another', () => {
    const results: unknown[] = [];
    inMachine(
      function* (sys) {
        const [efd = -1] = yield* eventfds(sys, 0);
        const epfd = yield* watch(sys, efd, EPOLLIN | EPOLLET);
        for (let i = 0; i < 2; i++) {
          yield* inThread(sys, results, function* (thread) {
            const got = yield* harvest(thread, epfd, 1, -1);
            yield* pause(thread, 10); // Works on it.
            return [thread.task.comm, ...got];
          });
        }
        yield* pause(sys);
        for (let i = 0; i < 2; i++) {
          yield* writeCount(sys, efd, 1n);
          yield* pause(sys);
        }
        yield* pause(sys, 30);
      },
      { cpus: 3 },
    );

    expect(results).toEqual([
      ['t2', 3],
      ['t1', 3],
    ]);
  });
});
