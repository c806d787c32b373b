/** Event loops and the eventfd by which other threads wake them. */
import { expect, test } from 'vitest';
import { EAGAIN } from '../../src/kernel/uapi/errno.ts';
import { EFD_NONBLOCK, EFD_SEMAPHORE } from '../../src/kernel/uapi/eventfd.ts';
import {
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDNORM,
  EPOLLWRNORM,
} from '../../src/kernel/uapi/eventpoll.ts';
import { pause, readCount, reported, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { park, ready } from './scenes.ts';

const most = 0xffff_ffff_ffff_fffen;

/** libuv 4400, libevent 1619, bun 26815: they never read it, and save a call a wakeup. */
test('each write is an edge, though the counter is never read', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* writeCount(sys, fd, 1n);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    expect(yield* ready(sys, ep)).toEqual([]);
    yield* writeCount(sys, fd, 1n);
    expect(yield* ready(sys, ep)).toEqual([fd]);
  });
});

/** The price of the same: the counter is no count of wakeups, and several may be one event. */
test('writes between two waits are one edge', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* writeCount(sys, fd, 1n);
    yield* writeCount(sys, fd, 1n);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    expect(yield* ready(sys, ep)).toEqual([]);
    expect(yield* readCount(sys, fd)).toBe(2);
  });
});

/** The classical use: level-triggered, and one read ends it, however many have written. */
test('one read ends the reports of any number of writes', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* writeCount(sys, fd, 1n);
    yield* writeCount(sys, fd, 5n);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    expect(yield* readCount(sys, fd)).toBe(6);
    expect(yield* ready(sys, ep)).toEqual([]);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN);
  });
});

/** A pool that hands out permits: it is reported until the last one is taken. */
test('a semaphore is reported until as many reads as its count have been made', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(2, EFD_NONBLOCK | EFD_SEMAPHORE);
    const ep = yield* watch(sys, fd, EPOLLIN);
    expect(yield* readCount(sys, fd)).toBe(1);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    expect(yield* readCount(sys, fd)).toBe(1);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** With ET a permit that is left over is not mentioned again: a read is no edge for readers. */
test('a read that leaves something is no edge for who waits for input', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(2, EFD_NONBLOCK | EFD_SEMAPHORE);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    expect(yield* readCount(sys, fd)).toBe(1);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** A mask with IN and OUT hears of the reader's own reads: one more event a turn. */
test('each read is an edge of room, though the counter was never full', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLOUT]);
    yield* readCount(sys, fd);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* readCount(sys, fd)).toBe(-EAGAIN); // And a read that fails is none.
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** eventfd(2): writable means that 1 can be added without blocking. */
test('a full counter is not writable, and a read makes it so', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLOUT);
    yield* writeCount(sys, fd, most);
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* writeCount(sys, fd, 1n)).toBe(-EAGAIN);
    yield* readCount(sys, fd);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** Masks from a socket's code: an eventfd knows IN and OUT only, not the bits of the same meaning. */
test('an eventfd never reports EPOLLRDNORM or EPOLLWRNORM', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLRDNORM | EPOLLWRNORM);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** Java's Selector.wakeup() before select(): the wakeup is kept until somebody waits. */
test('a write before anybody waits is not lost', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* writeCount(sys, fd, 1n);
    yield* park(sys, ep, woken, 't1');
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
  });
});
