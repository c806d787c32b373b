/** EPOLLEXCLUSIVE: of the instances that watch one file a wakeup reaches at least one, not all. */
import { expect, test } from 'vitest';
import { EINVAL } from '../../src/kernel/uapi/errno.ts';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from '../../src/kernel/uapi/eventpoll.ts';
import { pause, readCount, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, modify, park, parkAlone, ready, remove } from './scenes.ts';

const shared: number = EPOLLIN | EPOLLEXCLUSIVE;

/** uwsgi 1224, gRPC 6110: the thundering herd that the flag is there to end. */
test('a write wakes one of two instances that watch exclusively', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    yield* parkAlone(sys, fd, woken, 't1', shared);
    yield* parkAlone(sys, fd, woken, 't2', shared);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
  });
});

/** Cloudflare, pitchfork 71: one worker gets all the load. It is the oldest, not the last. */
test('the oldest registration with a sleeper is chosen every time', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const first = yield* parkAlone(sys, fd, woken, 't1', shared);
    yield* parkAlone(sys, fd, woken, 't2', shared);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    yield* readCount(sys, fd);
    yield* park(sys, first, woken, 't3');
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`, `t3: ${fd}`]);
  });
});

/** nginx (322) re-adds its listeners from time to time for this reason. */
test('DEL and ADD put an instance behind the others', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const first = yield* parkAlone(sys, fd, woken, 't1', shared);
    yield* parkAlone(sys, fd, woken, 't2', shared);
    yield* remove(sys, first, fd);
    yield* add(sys, first, fd, shared);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t2: ${fd}`]);
  });
});

/** gRPC 14217: "at least one". A busy worker is told too, later, and finds nothing in accept(). */
test('an instance without a sleeper gets the event, and the next one is woken as well', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const busy = yield* watch(sys, fd, shared);
    yield* parkAlone(sys, fd, woken, 't1', shared);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
    expect(yield* ready(sys, busy)).toEqual([fd]);
  });
});

/** A worker that is woken and then dies or stalls takes the connection with it, also with LT. */
test('an instance that was passed over reports nothing, though the file is readable', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    yield* parkAlone(sys, fd, woken, 't1', shared);
    const other = yield* watch(sys, fd, shared);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]); // And t1 does not read.
    expect(yield* ready(sys, other)).toEqual([]);
  });
});

/** What was lost above comes back with the next wakeup, since nobody sleeps in the first any more. */
test('the next write reaches the instance that was passed over', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    yield* parkAlone(sys, fd, woken, 't1', shared);
    yield* parkAlone(sys, fd, woken, 't2', shared);
    yield* writeCount(sys, fd, 1n);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken.sort()).toEqual([`t1: ${fd}`, `t2: ${fd}`]);
  });
});

/** A worker that was upgraded to the flag beside one that was not: the old one joins every herd. */
test('an instance without the flag is woken in any case, and one with it besides', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    yield* parkAlone(sys, fd, woken, 'x1', shared);
    yield* parkAlone(sys, fd, woken, 'x2', shared);
    yield* parkAlone(sys, fd, woken, 'p1');
    yield* parkAlone(sys, fd, woken, 'p2');
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken.sort()).toEqual([`p1: ${fd}`, `p2: ${fd}`, `x1: ${fd}`]);
  });
});

/** Workers that watch a control pipe: its end is for all of them. */
test('the end of a pipe reaches every instance that watches it exclusively', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [r, w] = yield* sys.pipe2(0);
    yield* parkAlone(sys, r, woken, 't1', shared);
    yield* parkAlone(sys, r, woken, 't2', shared);
    yield* sys.close(w);
    yield* pause(sys);
    expect(woken.sort()).toEqual([`t1: ${r}`, `t2: ${r}`]);
  });
});

/** The flag is about instances. Within one the sleepers are chosen as ever. */
test('several threads in one instance share a wakeup as without the flag', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, shared | EPOLLET);
    yield* park(sys, ep, woken, 't1');
    yield* park(sys, ep, woken, 't2');
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t2: ${fd}`]);
  });
});

/** gunicorn 1239: a listener that is paused by MOD. It has to be removed and added instead. */
test('an exclusive item cannot be changed, with or without the flag', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, shared);
    expect(yield* modify(sys, ep, fd, shared)).toBe(-EINVAL);
    expect(yield* modify(sys, ep, fd, EPOLLIN)).toBe(-EINVAL);
  });
});

/** The reverse: a plain item cannot become exclusive, since its place on the queue is fixed. */
test('MOD cannot make an item exclusive', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    expect(yield* modify(sys, ep, fd, shared)).toBe(-EINVAL);
    expect(yield* modify(sys, ep, fd, EPOLLIN)).toBe(0);
  });
});

/** epoll_ctl(2), EPOLLEXCLUSIVE: few flags go with it. gRPC's epollex and netty want RDHUP. */
test.each([
  ['EPOLLONESHOT', EPOLLONESHOT],
  ['EPOLLRDHUP', EPOLLRDHUP],
  ['EPOLLPRI', EPOLLPRI],
])('EPOLLEXCLUSIVE does not go with %s', (_name, flag) => {
  inMachine(function* (sys) {
    const [r] = yield* sys.pipe2(0);
    const ep = yield* sys.epoll_create1(0);
    expect(yield* add(sys, ep, r, shared | flag)).toBe(-EINVAL);
  });
});

/** The same page: these do. */
test('EPOLLEXCLUSIVE goes with IN, OUT, ERR, HUP and ET', () => {
  inMachine(function* (sys) {
    const [r] = yield* sys.pipe2(0);
    const ep = yield* sys.epoll_create1(0);
    const all = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLET | EPOLLEXCLUSIVE;
    expect(yield* add(sys, ep, r, all)).toBe(0);
  });
});

/** Herds of instances below an instance: the kernel does not know how to choose among them. */
test('an instance cannot be watched exclusively', () => {
  inMachine(function* (sys) {
    const inner = yield* sys.epoll_create1(0);
    const outer = yield* sys.epoll_create1(0);
    expect(yield* add(sys, outer, inner, shared)).toBe(-EINVAL);
    expect(yield* add(sys, outer, inner, EPOLLIN)).toBe(0);
  });
});
