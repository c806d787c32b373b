/** Several threads in epoll_wait on one instance: who is woken, by what, and how many. */
import { expect, test } from 'vitest';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLLET, EPOLLIN, EPOLLONESHOT } from '../../src/kernel/uapi/eventpoll.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { pause, readCount, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import {
  add,
  modify,
  park,
  parkAlone,
  readText,
  ready,
  remove,
  threeEventfds,
  unixPair,
} from './scenes.ts';

/** An instance that watches an eventfd, and threads t1 to t3 that fell asleep in it in this order. */
function* threeSleepers(sys: Sys, woken: string[], events: number): Code<[ep: number, fd: number]> {
  const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
  const ep = yield* watch(sys, fd, events);
  for (const name of ['t1', 't2', 't3']) yield* park(sys, ep, woken, name);
  return [ep, fd];
}

/** libuv's and Go's pollers gain a warm cache by it; whoever expects round robin gets a hot thread. */
test('the thread that fell asleep last is woken first', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [, fd] = yield* threeSleepers(sys, woken, EPOLLIN | EPOLLET);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t3: ${fd}`]);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t3: ${fd}`, `t2: ${fd}`]);
  });
});

/** epoll(7): with EPOLLET only one of the threads is told. Servers on a shared instance rely on it. */
test('one edge wakes one thread', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [, fd] = yield* threeSleepers(sys, woken, EPOLLIN | EPOLLET);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys, 20);
    expect(woken).toHaveLength(1);
  });
});

/**
 * The small herd: who is told puts the item back and wakes the next one, until somebody has read.
 * 7fab29e35630 brought this cascade back after 5.5 had lost it, and Qpid Proton had hung.
 */
test('one level-triggered event that nobody reads wakes every thread', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [, fd] = yield* threeSleepers(sys, woken, EPOLLIN);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken.sort()).toEqual([`t1: ${fd}`, `t2: ${fd}`, `t3: ${fd}`]);
  });
});

/** The other way to end the cascade. */
test('one event of a one-shot item wakes one thread', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [, fd] = yield* threeSleepers(sys, woken, EPOLLIN | EPOLLONESHOT);
    yield* writeCount(sys, fd, 1n);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t3: ${fd}`]);
  });
});

/** 412895f03cbf: one sleeper's entry could take both wakeups, and the other thread slept on. */
test('two events wake two threads', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, a, b] = yield* threeEventfds(sys, EPOLLIN | EPOLLET);
    yield* park(sys, ep, woken, 't1', { maxevents: 1 });
    yield* park(sys, ep, woken, 't2', { maxevents: 1 });
    yield* writeCount(sys, a, 1n);
    yield* writeCount(sys, b, 1n);
    yield* pause(sys);
    expect(woken.sort()).toEqual([`t1: ${b}`, `t2: ${a}`]);
  });
});

/** onion 235, wepoll 28: ET gives an event to one thread, and the next event to another. */
test('an edge that comes while one thread still reads is told to a second thread', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* park(sys, ep, woken, 't1');
    yield* park(sys, ep, woken, 't2');
    yield* sys.write(b, 'first');
    yield* pause(sys);
    expect(woken).toEqual([`t2: ${a}`]);
    yield* sys.write(b, 'second'); // t2 has read nothing yet.
    yield* pause(sys);
    expect(woken).toEqual([`t2: ${a}`, `t1: ${a}`]);
  });
});

/** pjsip 3121 with threads: the second worker comes while the first is not done. */
test('arming again before the last read lets a second thread in', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLONESHOT);
    yield* park(sys, ep, woken, 't1');
    yield* park(sys, ep, woken, 't2');
    yield* sys.write(b, 'request');
    yield* pause(sys);
    yield* modify(sys, ep, a, EPOLLIN | EPOLLONESHOT);
    yield* pause(sys);
    expect(woken).toEqual([`t2: ${a}`, `t1: ${a}`]);
    expect(yield* readText(sys, a)).toBe('request');
  });
});

/** A thread that accepts, and others that serve: the new connection has its request already. */
test('ADD of a ready file wakes a thread that waits', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const ep = yield* sys.epoll_create1(0);
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    yield* park(sys, ep, woken, 't1');
    yield* add(sys, ep, fd, EPOLLIN);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
  });
});

/** asio 452, ArangoDB 10740: 1b53734bd0b2 mended kernels (5.1 to 5.5) where this wakeup got lost. */
test('MOD of a ready file wakes a thread that waits', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    expect(yield* ready(sys, ep)).toEqual([fd]);
    yield* park(sys, ep, woken, 't1');
    yield* modify(sys, ep, fd, EPOLLIN | EPOLLET);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
  });
});

/** Go 59545: DEL is no message to the poller. It proves only that later harvests lack the item. */
test('DEL of the last item does not wake a thread that waits', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, fd] = yield* threeSleepers(sys, woken, EPOLLIN);
    yield* remove(sys, ep, fd);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([]);
  });
});

/** grpc 6110: an instance a worker and one listener wakes them all; all but one find nothing. */
test('one event wakes a thread in each instance that watches the file', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    yield* parkAlone(sys, fd, woken, 't1', EPOLLIN | EPOLLET);
    yield* parkAlone(sys, fd, woken, 't2', EPOLLIN | EPOLLET);
    yield* parkAlone(sys, fd, woken, 't3', EPOLLIN | EPOLLET);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken.sort()).toEqual([`t1: ${fd}`, `t2: ${fd}`, `t3: ${fd}`]);
  });
});

/** A thread that comes while another works: what is ready is its to take, without any wakeup. */
test('a thread that comes later finds the level-triggered event that another was told of', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* park(sys, ep, woken, 't1');
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    yield* park(sys, ep, woken, 't2');
    expect(woken).toEqual([`t1: ${fd}`, `t2: ${fd}`]);
    yield* readCount(sys, fd);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** abc610e01c66 to 289caf5d8f6c: a thread whose time was over took the wakeup along. */
test('a thread whose time was over leaves the next event to those that still wait', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* park(sys, ep, woken, 't1');
    yield* park(sys, ep, woken, 't2', { timeout: 50 });
    yield* pause(sys, 100);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual(['t2: ', `t1: ${fd}`]);
  });
});
