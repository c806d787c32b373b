/** Which events come first, and what becomes of those for which the array had no room. */
import { expect, test } from 'vitest';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLLET, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { pause, readCount, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, modify, park, readText, ready, threeEventfds, unixPair } from './scenes.ts';

/** gramine 340: without the rotation the third of three busy clients is never served. */
test('with maxevents 1 three ready files take turns', () => {
  inMachine(function* (sys) {
    const [ep, a, b, c] = yield* threeEventfds(sys, EPOLLOUT);
    const turns: number[] = [];
    for (let i = 0; i < 6; i++) turns.push(...(yield* ready(sys, ep, 1)));
    expect(turns).toEqual([a, b, c, a, b, c]);
  });
});

/** The same, where the array does not divide the number of clients. */
test('with maxevents 2 the one that was left out comes first in the next turn', () => {
  inMachine(function* (sys) {
    const [ep, a, b, c] = yield* threeEventfds(sys, EPOLLOUT);
    expect(yield* ready(sys, ep, 2)).toEqual([a, b]);
    expect(yield* ready(sys, ep, 2)).toEqual([c, a]);
    expect(yield* ready(sys, ep, 2)).toEqual([b, c]);
  });
});

/** ET programs with a small array: an edge that found no room must not be lost. */
test('an edge for which there was no room is reported by the next epoll_wait', () => {
  inMachine(function* (sys) {
    const [ep, a, b, c] = yield* threeEventfds(sys, EPOLLOUT | EPOLLET);
    expect(yield* ready(sys, ep, 2)).toEqual([a, b]);
    expect(yield* ready(sys, ep, 2)).toEqual([c]);
    expect(yield* ready(sys, ep, 2)).toEqual([]);
  });
});

/** Programs that expect the order of ADD, or of the numbers, as poll() and select() have it. */
test('files are reported in the order in which they became ready', () => {
  inMachine(function* (sys) {
    const [ep, a, b, c] = yield* threeEventfds(sys, EPOLLIN);
    yield* writeCount(sys, c, 1n);
    yield* writeCount(sys, a, 1n);
    yield* writeCount(sys, b, 1n);
    expect(yield* ready(sys, ep)).toEqual([c, a, b]);
  });
});

/** A fast sender cannot get ahead of, nor fall behind, those that became ready after it. */
test('more data for a file that is queued does not move it', () => {
  inMachine(function* (sys) {
    const [ep, a, b] = yield* threeEventfds(sys, EPOLLIN);
    yield* writeCount(sys, a, 1n);
    yield* writeCount(sys, b, 1n);
    yield* writeCount(sys, a, 1n);
    expect(yield* ready(sys, ep)).toEqual([a, b]);
  });
});

/** A loop that changes interest each turn (asio, libuv) does not disturb the order by that. */
test('MOD does not move a file that is queued', () => {
  inMachine(function* (sys) {
    const [ep, a, b] = yield* threeEventfds(sys, EPOLLIN);
    yield* writeCount(sys, a, 1n);
    yield* writeCount(sys, b, 1n);
    yield* modify(sys, ep, a, EPOLLIN | EPOLLET);
    expect(yield* ready(sys, ep)).toEqual([a, b]);
  });
});

/** A place in the queue goes with being ready as the last scan saw it, not with the last event. */
test('a file that is read and written again before epoll_wait keeps its place', () => {
  inMachine(function* (sys) {
    const [ep, a, b] = yield* threeEventfds(sys, EPOLLIN);
    yield* writeCount(sys, a, 1n);
    yield* writeCount(sys, b, 1n);
    yield* readCount(sys, a);
    yield* writeCount(sys, a, 1n);
    expect(yield* ready(sys, ep)).toEqual([a, b]);
  });
});

/** The other half: once a scan has found it empty it has to queue up anew. */
test('a file that a scan found empty starts again at the end', () => {
  inMachine(function* (sys) {
    const [ep, a, b] = yield* threeEventfds(sys, EPOLLIN);
    yield* writeCount(sys, a, 1n);
    yield* readCount(sys, a);
    expect(yield* ready(sys, ep)).toEqual([]);
    yield* writeCount(sys, b, 1n);
    yield* writeCount(sys, a, 1n);
    expect(yield* ready(sys, ep)).toEqual([b, a]);
  });
});

/** rsyslog 5502, the good side: with LT and a quota a turn, a flood does not starve the others. */
test('a level-triggered file that is never read empty waits its turn', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const [c, d] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* add(sys, ep, c, EPOLLIN);
    yield* sys.write(b, 'flood');
    expect(yield* ready(sys, ep, 1)).toEqual([a]);
    yield* readText(sys, a, 1);
    yield* sys.write(d, 'x');
    expect(yield* ready(sys, ep, 1)).toEqual([a]);
    expect(yield* ready(sys, ep, 1)).toEqual([c]);
    expect(yield* ready(sys, ep, 1)).toEqual([a]);
  });
});

/** Loops that share a file: each newcomer goes to the front of the file's wait queue. */
test('of several instances on one file the newest is told first', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const outer = yield* sys.epoll_create1(0);
    const eps: number[] = [];
    for (let i = 0; i < 3; i++) {
      const ep = yield* watch(sys, fd, EPOLLIN);
      yield* add(sys, outer, ep, EPOLLIN);
      eps.unshift(ep);
    }
    yield* writeCount(sys, fd, 1n);
    expect(yield* ready(sys, outer)).toEqual(eps);
  });
});

/** epoll_wait(2): maxevents is a bound, not a number to wait for. */
test('epoll_wait returns what there is, though the array has room for more', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [ep, a] = yield* threeEventfds(sys, EPOLLIN);
    yield* park(sys, ep, woken, 't1', { maxevents: 3 });
    yield* writeCount(sys, a, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${a}`]);
  });
});
