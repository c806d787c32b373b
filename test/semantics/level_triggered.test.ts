/** Level-triggered: the default, in which an item is reported as long as its file is ready. */
import { expect, test } from 'vitest';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from '../../src/kernel/uapi/eventpoll.ts';
import { pause, readCount, reported, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, modify, park, readText, ready, unixPair } from './scenes.ts';

/** epoll(7): "a faster poll". Every program that was ported from poll() counts on the repetition. */
test('epoll_wait reports a file again and again while it is ready', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** A server that reads one request a turn (Redis, nginx without ET) must find its way to sleep. */
test('epoll_wait falls silent once the file has been read empty', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* sys.write(b, 'request');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readText(sys, a)).toBe('request');
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** Whoever reads with a small buffer, and trusts the next turn to bring the rest. */
test('what a partial read leaves behind is reported again', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* sys.write(b, 'hello');
    expect(yield* readText(sys, a, 2)).toBe('he');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* readText(sys, a, 3)).toBe('llo');
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** A connection whose request came with the handshake: accept, ADD, and it must be served. */
test('EPOLL_CTL_ADD of a file that is ready already is an event', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    yield* sys.write(b, 'early');
    const ep = yield* watch(sys, a, EPOLLIN);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** The poll at delivery: without it a program would block in a read() that it was told to make. */
test('a file that is read empty between its event and epoll_wait is not reported', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* sys.write(b, 'x');
    yield* readText(sys, a);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** Programs that keep a copy of the last event word: it ages, the kernel's answer does not. */
test('the event word is what is true at delivery, not what woke the instance', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLOUT);
    yield* writeCount(sys, fd, 0xffff_ffff_ffff_fffen);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* readCount(sys, fd);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** Twisted 2814: `event == EPOLLIN` holds until two things happen between two waits. */
test('one entry carries every bit that is true of a file', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    yield* sys.write(b, 'bye');
    yield* sys.close(b);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP]);
  });
});

/** libuv 3671, pikiwidb 251: interest in OUT that outlives the unsent data costs a whole CPU. */
test('a socket with room is reported writable by every epoll_wait', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLOUT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** The cure of the same: the queued item stays on the list, but it is polled with the new mask. */
test('MOD to a mask without EPOLLOUT ends the reports of room', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLOUT);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* modify(sys, ep, a, EPOLLIN);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** Two event loops in one process (a library's and its host's) may share a descriptor. */
test('each of two instances reports a file that both watch', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const mine = yield* watch(sys, a, EPOLLIN);
    const theirs = yield* watch(sys, a, EPOLLIN);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, mine)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, theirs)).toEqual([EPOLLIN]);
  });
});

/** The same two loops: the second may be told nothing, and must not take that for an error. */
test('an instance forgets an event that the reader of another instance has consumed', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const mine = yield* watch(sys, a, EPOLLIN);
    const theirs = yield* watch(sys, a, EPOLLIN);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, mine)).toEqual([EPOLLIN]);
    yield* readText(sys, a);
    expect(yield* reported(sys, theirs)).toEqual([]);
  });
});

/** tinymux 791 and others treat 0 as "the time is over". A wakeup for nothing must not give it. */
test('a waiter that was woken for nothing sleeps on', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* park(sys, ep, woken, 't1', { timeout: 60_000 });
    yield* writeCount(sys, fd, 0n); // Wakes whoever waits, and leaves nothing to read.
    yield* pause(sys);
    expect(woken).toEqual([]);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${fd}`]);
  });
});

/** The loop of epoll(7) itself: a listener and its connections in one instance, all level-triggered. */
test('an item that is not ready does not hide one that is', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const [c, d] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* add(sys, ep, c, EPOLLIN);
    yield* sys.write(b, 'x');
    yield* sys.write(d, 'x');
    yield* readText(sys, a);
    expect(yield* ready(sys, ep)).toEqual([c]);
  });
});

/** epoll_ctl(2): `data` is the program's own, a pointer as often as not, and every bit counts. */
test('the data of an item comes back as it was given, and need not be unique', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const data = 0xfedc_ba98_7654_3210n;
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, a, { events: EPOLLOUT, data });
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, b, { events: EPOLLOUT, data });
    const found = yield* sys.epoll_wait(ep, 8, 0);
    expect(found.map((event) => event.data)).toEqual([data, data]);
  });
});

/** A loop that hands a connection to another handler by MOD: the handler must not see old pointers. */
test('MOD changes the data of an event that is queued already', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* sys.write(b, 'x');
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, a, { events: EPOLLIN, data: 77 });
    expect(yield* ready(sys, ep)).toEqual([77]);
  });
});
