/** EPOLLONESHOT: after its event an item stays registered and is silent until MOD arms it again. */
import { expect, test } from 'vitest';
import { EEXIST } from '../../src/kernel/uapi/errno.ts';
import {
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
} from '../../src/kernel/uapi/eventpoll.ts';
import { pause, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, modify, park, readable, readText, ready, remove, unixPair } from './scenes.ts';

/** pjsip 3018: a handler that returns early without arming again has lost its socket. */
test('after its event an item is silent, though more data comes', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLONESHOT);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.write(b, 'y');
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** The worker pool of epoll(7): what came while a worker was busy must not wait for more to come. */
test('MOD reports what came while the item was disarmed', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET | EPOLLONESHOT);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* readText(sys, a);
    yield* sys.write(b, 'meanwhile');
    yield* modify(sys, ep, a, EPOLLIN | EPOLLET | EPOLLONESHOT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** pjsip 3121: MOD before the last read of the handler brings a second thread in. */
test('MOD reports at once what the handler has not read yet', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLONESHOT);
    yield* sys.write(b, 'request');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* modify(sys, ep, a, EPOLLIN | EPOLLONESHOT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** A connection that dies in a worker's hands: HUP is not masked, yet it has to wait for MOD. */
test('a disarmed item does not even report a hangup, until MOD', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT | EPOLLONESHOT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.close(b);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* modify(sys, ep, a, EPOLLONESHOT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLHUP]);
  });
});

/** elfuse 5: one filter of two has fired, and the item as a whole is spent. */
test('an event of output disarms the item for input too', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLOUT | EPOLLONESHOT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** Programs that take "fired" for "removed" and add again. */
test('a fired item is still registered, so ADD fails with EEXIST', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT | EPOLLONESHOT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* add(sys, ep, a, EPOLLOUT | EPOLLONESHOT)).toBe(-EEXIST);
    expect(yield* remove(sys, ep, a)).toBe(0);
  });
});

/** The flag is part of the mask, not of the item. */
test('MOD without EPOLLONESHOT arms the item for good', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLONESHOT);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* modify(sys, ep, a, EPOLLIN);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** A harvest of one of two: the other has not been delivered, so it must not be spent. */
test('an item that found no room in the array stays armed', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT | EPOLLONESHOT);
    yield* add(sys, ep, b, EPOLLOUT | EPOLLONESHOT);
    expect(yield* ready(sys, ep, 1)).toEqual([a]);
    expect(yield* ready(sys, ep, 1)).toEqual([b]);
    expect(yield* ready(sys, ep, 1)).toEqual([]);
  });
});

/** A poll at delivery that finds nothing is no event, so the shot is not fired. */
test('an event whose data is gone before epoll_wait does not disarm', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLONESHOT);
    yield* sys.write(b, 'x');
    yield* readText(sys, a);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.write(b, 'y');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** A loop inside a loop (GLib, libevent bufferevents): the outer one must be able to sleep. */
test('an instance with nothing but fired items is not readable', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLONESHOT);
    yield* sys.write(b, 'x');
    expect(yield* readable(sys, ep)).toBe(true);
    yield* reported(sys, ep);
    expect(yield* readable(sys, ep)).toBe(false);
  });
});

/** mordor 24: the only exclusion that epoll offers for one connection and several threads. */
test('while one thread handles an item no other thread is told of it', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLONESHOT);
    yield* park(sys, ep, woken, 't1');
    yield* park(sys, ep, woken, 't2');
    yield* sys.write(b, 'x');
    yield* pause(sys);
    yield* sys.write(b, 'y');
    yield* pause(sys);
    expect(woken).toEqual([`t2: ${a}`]);
    yield* modify(sys, ep, a, EPOLLIN | EPOLLONESHOT);
    yield* pause(sys);
    expect(woken).toEqual([`t2: ${a}`, `t1: ${a}`]);
  });
});
