/** Event loops and timerfd: the timer as one more file, with a few ways of its own. */
import { expect, test } from 'vitest';
import { EAGAIN } from '../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { CLOCK_MONOTONIC } from '../../src/kernel/uapi/time.ts';
import { TFD_NONBLOCK } from '../../src/kernel/uapi/timerfd.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { ms, pause, readCount, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { park, ready } from './scenes.ts';

const arm = (sys: Sys, fd: number, first: number, period = 0): Code<number> =>
  sys.timerfd_settime(fd, 0, { it_value: ms(first), it_interval: ms(period) });

/** A timer that is set, and an instance that watches it. */
function* timer(sys: Sys, events: number, first: number, period = 0): Code<[number, number]> {
  const fd = yield* sys.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  const ep = yield* watch(sys, fd, events);
  yield* arm(sys, fd, first, period);
  return [ep, fd];
}

/** Loops that run their timers by one descriptor (sd-event, libevent's option): the sleep must end. */
test('an expiry wakes a thread that waits', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, fd] = yield* timer(sys, EPOLLIN, 100);
    yield* park(sys, ep, woken, 't1');
    yield* pause(sys, 50);
    expect(woken).toEqual([]);
    yield* pause(sys, 100);
    expect(woken).toEqual([`t1: ${fd}`]);
  });
});

/** Who forgets the read spins from the first expiry on. */
test('an expiry is reported until it has been read', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* timer(sys, EPOLLIN, 50);
    yield* pause(sys, 100);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    expect(yield* readCount(sys, fd)).toBe(1);
    expect(yield* ready(sys, ep)).toEqual([]);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
  });
});

/** A loop that was busy for three periods: one event, and the number tells of all. */
test('expiries between two reads are one event, and the read counts them', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* timer(sys, EPOLLIN, 50, 100);
    yield* pause(sys, 300); // At 50, 150 and 250.
    expect(yield* ready(sys, ep)).toEqual([fd]);
    expect(yield* readCount(sys, fd)).toBe(3);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** The trick of the eventfd that is never read does not carry over: the timer is not started again. */
test('a periodic timer that is not read makes a single edge', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* timer(sys, EPOLLIN | EPOLLET, 50, 100);
    yield* pause(sys, 100);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    yield* pause(sys, 200); // Two more periods.
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** The read starts the timer again, in step with its periods. */
test('after a read the next expiry of a periodic timer is an edge', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* timer(sys, EPOLLIN | EPOLLET, 50, 100);
    yield* pause(sys, 100);
    expect(yield* readCount(sys, fd)).toBe(1);
    yield* pause(sys, 100);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    expect(yield* readCount(sys, fd)).toBe(1);
  });
});

/** A timeout that is cancelled after it has struck: the stale expiry must not be dispatched. */
test('setting a timer again forgets an expiry that was not read', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* timer(sys, EPOLLIN, 50);
    yield* pause(sys, 100);
    yield* arm(sys, fd, 150);
    expect(yield* ready(sys, ep)).toEqual([]);
    yield* pause(sys, 200);
    expect(yield* ready(sys, ep)).toEqual([fd]);
  });
});

/** timerfd_settime(2): zero disarms. */
test('a disarmed timer is not reported', () => {
  inMachine(function* (sys) {
    const [ep, fd] = yield* timer(sys, EPOLLIN, 100, 50);
    yield* arm(sys, fd, 0, 50);
    yield* pause(sys, 200);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** A mask for everything: a timer cannot be written, so OUT never comes. */
test('a timer never reports room', () => {
  inMachine(function* (sys) {
    const [ep] = yield* timer(sys, EPOLLIN | EPOLLOUT, 50);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* pause(sys, 100);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});
