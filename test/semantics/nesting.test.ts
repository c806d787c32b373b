/** Instances that are watched by poll() or by other instances. */
import { expect, test } from 'vitest';
import { EINVAL, ELOOP } from '../../src/kernel/uapi/errno.ts';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLPRI } from '../../src/kernel/uapi/eventpoll.ts';
import { POLLIN, POLLRDNORM } from '../../src/kernel/uapi/poll.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { pause, polled, readCount, reported, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, park, readable, ready, threeEventfds } from './scenes.ts';

/** `count` instances, each of which watches the one before it; the last is the outermost. */
function* chain(sys: Sys, count: number): Code<number[]> {
  const eps = [yield* sys.epoll_create1(0)];
  for (let i = 1; i < count; i++) eps.push(yield* watch(sys, eps[i - 1] as number, EPOLLIN));
  return eps;
}

/** GLib, libwayland, libusb hand out such a descriptor, to be polled by somebody else's loop. */
test('an instance with events is readable, and never writable', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLOUT);
    expect(yield* polled(sys, ep)).toBe(POLLIN | POLLRDNORM);
    const idle = yield* sys.epoll_create1(0);
    expect(yield* polled(sys, idle)).toBe(0);
  });
});

/** The outer loop learns that the inner one has work, and has to ask it what. */
test('the outer instance reports the inner one, not the file', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const inner = yield* watch(sys, fd, EPOLLIN);
    const outer = yield* watch(sys, inner, EPOLLIN);
    expect(yield* ready(sys, outer)).toEqual([inner]);
    expect(yield* ready(sys, inner)).toEqual([fd]);
  });
});

/** A main loop that looks whether its library has work must not take the work away by looking. */
test('neither poll nor the outer instance uses up an edge of the inner one', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const inner = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    const outer = yield* watch(sys, inner, EPOLLIN);
    expect(yield* readable(sys, inner)).toBe(true);
    expect(yield* ready(sys, outer)).toEqual([inner]);
    expect(yield* ready(sys, inner)).toEqual([fd]);
    expect(yield* ready(sys, outer)).toEqual([]);
  });
});

/** 5071f97ec6d: before 2.6.30 a stale item made the inner one readable for nothing, for ever. */
test('an instance whose items have been read empty is not readable', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const inner = yield* watch(sys, fd, EPOLLIN);
    const outer = yield* watch(sys, inner, EPOLLIN);
    yield* writeCount(sys, fd, 1n);
    yield* readCount(sys, fd);
    expect(yield* readable(sys, inner)).toBe(false);
    expect(yield* ready(sys, outer)).toEqual([]);
  });
});

/** The library's loop again: the main loop sleeps in its own epoll_wait. */
test('a write wakes a thread that waits two instances above', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const inner = yield* watch(sys, fd, EPOLLIN);
    const middle = yield* watch(sys, inner, EPOLLIN);
    const outer = yield* watch(sys, middle, EPOLLIN);
    yield* park(sys, outer, woken, 't1');
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${middle}`]);
  });
});

/** The outer edge is the inner's callback: a second file is news although the inner was ready. */
test('an outer edge-triggered instance hears of each wakeup inside', () => {
  inMachine(function* (sys) {
    const [inner, a, b] = yield* threeEventfds(sys, EPOLLIN);
    const outer = yield* watch(sys, inner, EPOLLIN | EPOLLET);
    yield* writeCount(sys, a, 1n);
    expect(yield* reported(sys, outer)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, outer)).toEqual([]);
    yield* writeCount(sys, b, 1n);
    expect(yield* reported(sys, outer)).toEqual([EPOLLIN]);
  });
});

/**
 * 339ddb53d373: an inner harvest puts level-triggered items back on the list. Until 5.5 that was
 * told to the outer instance, which so had an event a harvest; a program that harvests part of the
 * inner events and trusts the outer edge for the rest waits for ever since then.
 */
test('an outer edge-triggered instance does not hear of what an inner harvest leaves', () => {
  inMachine(function* (sys) {
    const [inner, a, b] = yield* threeEventfds(sys, EPOLLIN);
    const outer = yield* watch(sys, inner, EPOLLIN | EPOLLET);
    yield* writeCount(sys, a, 1n);
    yield* writeCount(sys, b, 1n);
    expect(yield* reported(sys, outer)).toEqual([EPOLLIN]);
    expect(yield* ready(sys, inner, 1)).toEqual([a]);
    expect(yield* reported(sys, outer)).toEqual([]);
    expect(yield* readable(sys, inner)).toBe(true);
  });
});

/** A mask that was copied from a socket's: of an instance only EPOLLIN ever comes. */
test('an outer item that does not ask for EPOLLIN is never reported', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const inner = yield* watch(sys, fd, EPOLLIN);
    const outer = yield* watch(sys, inner, EPOLLOUT | EPOLLPRI);
    yield* writeCount(sys, fd, 1n);
    expect(yield* reported(sys, outer)).toEqual([]);
  });
});

/** A library that closes its descriptor without a word to the main loop. */
test('closing the inner instance takes it out of the outer one', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const inner = yield* watch(sys, fd, EPOLLIN);
    const outer = yield* watch(sys, inner, EPOLLIN);
    expect(yield* ready(sys, outer)).toEqual([inner]);
    yield* sys.close(inner);
    expect(yield* ready(sys, outer)).toEqual([]);
  });
});

/** epoll_ctl(2), EINVAL: the file counts, so another number for it does not help. */
test('an instance cannot watch itself, nor a duplicate of itself', () => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const same = yield* sys.dup(ep);
    expect(yield* add(sys, ep, ep, EPOLLIN)).toBe(-EINVAL);
    expect(yield* add(sys, ep, same, EPOLLIN)).toBe(-EINVAL);
  });
});

/** CVE-2011-1082 (22bacca48a1): a circle of wakeups brought the machine down. */
test('a circle of instances is refused', () => {
  inMachine(function* (sys) {
    const [innermost, , outermost] = (yield* chain(sys, 3)) as [number, number, number];
    expect(yield* add(sys, innermost, outermost, EPOLLIN)).toBe(-ELOOP);
  });
});

/** epoll_ctl(2), ELOOP: "a nesting depth greater than 5". The file at the bottom does not count. */
test('five instances may stand above one another, and not six', () => {
  inMachine(function* (sys) {
    const eps = yield* chain(sys, 5);
    const sixth = yield* sys.epoll_create1(0);
    expect(yield* add(sys, sixth, eps[4] as number, EPOLLIN)).toBe(-ELOOP);
    expect(yield* add(sys, sixth, eps[3] as number, EPOLLIN)).toBe(0);
  });
});

/** f2e467a48287: both halves count, wherever the new edge is; before 6.17 only what is below. */
test('a chain that becomes too long at its lower end is refused as well', () => {
  inMachine(function* (sys) {
    const upper = yield* chain(sys, 3);
    const lower = yield* chain(sys, 3);
    expect(yield* add(sys, upper[0] as number, lower[2] as number, EPOLLIN)).toBe(-ELOOP);
    expect(yield* add(sys, upper[0] as number, lower[1] as number, EPOLLIN)).toBe(0);
  });
});

/** A wakeup goes up every path, so their number is bounded: 28d82dc1c4ed (CVE-2011-1083). */
test('a file may be reached through 500 pairs of instances, and not through 501', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const outer = yield* sys.epoll_create1(0);
    const add1 = function* (): Code<number> {
      return yield* add(sys, outer, yield* watch(sys, fd, EPOLLIN), EPOLLIN);
    };
    for (let i = 0; i < 500; i++) expect(yield* add1()).toBe(0);
    expect(yield* add1()).toBe(-EINVAL);
  });
});
