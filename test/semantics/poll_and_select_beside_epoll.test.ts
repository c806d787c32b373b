/** poll() and select() on the same files: what they share with epoll, and what they do not. */
import { expect, test } from 'vitest';
import type { timespec } from '../../src/kernel/time.ts';
import { EBADF, EPERM } from '../../src/kernel/uapi/errno.ts';
import { EFD_NONBLOCK } from '../../src/kernel/uapi/eventfd.ts';
import { EPOLLET, EPOLLIN, EPOLLONESHOT, EPOLLRDHUP } from '../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../src/kernel/uapi/fcntl.ts';
import {
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLRDHUP,
} from '../../src/kernel/uapi/poll.ts';
import { MSG_OOB, SHUT_WR } from '../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { inThread, ms, pause, reported, watch, writeCount } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, park, unixPair } from './scenes.ts';

/** What poll() says at once of one descriptor. */
function* pollOne(sys: Sys, fd: number, events: number, timeout = 0): Code<number> {
  const entry = { fd, events, revents: 0 };
  yield* sys.poll([entry], timeout);
  return entry.revents;
}

interface Sets {
  in?: number[];
  out?: number[];
  ex?: number[];
}

/** What select() leaves in its sets. */
function* selectFrom(sys: Sys, sets: Sets, timeout: timespec | null = ms(0)): Code<Sets | number> {
  const given = { in: new Set(sets.in), out: new Set(sets.out), ex: new Set(sets.ex) };
  const ret = yield* sys.select(64, given, timeout);
  return ret < 0 ? ret : { in: [...given.in], out: [...given.out], ex: [...given.ex] };
}

/** Programs that check with poll() before they read (OpenSSL's BIO, libpq): it remembers nothing. */
test('poll reports what an edge-triggered instance has reported already', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* pollOne(sys, a, POLLIN)).toBe(POLLIN);
    expect(yield* pollOne(sys, a, POLLIN)).toBe(POLLIN);
  });
});

/** The other way round: a look by poll() must not use up what the loop is to be told. */
test('an edge is still reported after poll has seen it', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'x');
    expect(yield* pollOne(sys, a, POLLIN)).toBe(POLLIN);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** A disarmed item is a matter between the program and one instance. */
test('poll reports a file whose one-shot item has fired', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLONESHOT);
    yield* sys.write(b, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* pollOne(sys, a, POLLIN)).toBe(POLLIN);
  });
});

/** SIPp 50, libuEv 12, tmux 3622: `prog < /dev/null` works with poll() and fails with epoll. */
test('/dev/null is always ready for poll and select, and refused by epoll', () => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    expect(yield* pollOne(sys, 0, POLLIN | POLLOUT)).toBe(POLLIN | POLLOUT);
    expect(yield* selectFrom(sys, { in: [0], out: [0] })).toEqual({ in: [0], out: [0], ex: [] });
    expect(yield* add(sys, ep, 0, EPOLLIN)).toBe(-EPERM);
  });
});

/** Each has its own way to say that a descriptor is closed; ported programs mix them up. */
test('a closed descriptor is POLLNVAL for poll, EBADF for select and for epoll_ctl', () => {
  inMachine(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    expect(yield* pollOne(sys, 50, 0)).toBe(POLLNVAL);
    expect(yield* selectFrom(sys, { in: [50] })).toBe(-EBADF);
    expect(yield* add(sys, ep, 50, EPOLLIN)).toBe(-EBADF);
  });
});

/** poll(2): how programs keep a slot of their array free. */
test('poll skips a negative descriptor', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, 0);
    const entries = [-1, fd, -7].map((of) => ({ fd: of, events: POLLIN, revents: 99 }));
    expect(yield* sys.poll(entries, 0)).toBe(1);
    expect(entries.map((entry) => entry.revents)).toEqual([0, POLLIN, 0]);
  });
});

/** poll(2): it counts entries, epoll counts items, and both show all bits of one in one word. */
test('poll counts a descriptor that it is given twice twice', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(1, 0);
    const entries = [POLLIN, POLLIN | POLLOUT, 0].map((events) => ({ fd, events, revents: 0 }));
    expect(yield* sys.poll(entries, 0)).toBe(2);
    expect(entries.map((entry) => entry.revents)).toEqual([POLLIN, POLLIN | POLLOUT, 0]);
  });
});

/** HUP comes unasked from poll() as it does from epoll; RDHUP from neither. */
test('poll reports a hangup to an empty mask, and POLLRDHUP on demand', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    yield* sys.shutdown(b, SHUT_WR);
    expect(yield* pollOne(sys, a, 0)).toBe(0);
    expect(yield* pollOne(sys, a, POLLRDHUP)).toBe(POLLRDHUP);
    yield* sys.close(b);
    expect(yield* pollOne(sys, a, 0)).toBe(POLLHUP);
    const ep = yield* watch(sys, a, EPOLLRDHUP);
    expect(yield* reported(sys, ep)).toEqual([EPOLLRDHUP | POLLHUP]);
  });
});

/** select(2): it has no hangup; an end is something to read. */
test('select shows a hangup as readable', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(0);
    yield* sys.close(w);
    expect(yield* pollOne(sys, r, 0)).toBe(POLLHUP);
    const found = yield* selectFrom(sys, { in: [r], out: [r], ex: [r] });
    expect(found).toEqual({ in: [r], out: [], ex: [] });
  });
});

/** The same page: whoever waits for room must wake up to be told EPIPE, though there is no room. */
test('select shows an error as readable and writable', () => {
  inMachine(function* (sys) {
    const [r, w] = yield* sys.pipe2(O_NONBLOCK);
    yield* sys.write(w, new Uint8Array(65536));
    yield* sys.close(r);
    expect(yield* pollOne(sys, w, POLLOUT)).toBe(POLLERR);
    const found = yield* selectFrom(sys, { in: [w], out: [w], ex: [w] });
    expect(found).toEqual({ in: [w], out: [w], ex: [] });
  });
});

/** telnetd's use of the third set: it is urgent data, not errors, as is often believed. */
test('the third set of select holds what epoll calls EPOLLPRI', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    yield* sys.send(b, 'x', MSG_OOB);
    const found = yield* selectFrom(sys, { ex: [a] });
    expect(found).toEqual({ in: [], out: [], ex: [a] });
  });
});

/** A program that forgets to fill the sets in again waits for nothing at all. */
test('select empties its sets when the time is over', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const found = yield* selectFrom(sys, { in: [fd], ex: [fd] }, ms(20));
    expect(found).toEqual({ in: [], out: [], ex: [] });
  });
});

/** The herd that exclusive waiters were made for: poll() and select() have no such thing. */
test('one write wakes every thread in poll and select, and one in epoll_wait', () => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const results: unknown[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLET);
    yield* park(sys, ep, woken, 'e1');
    yield* park(sys, ep, woken, 'e2');
    yield* inThread(sys, results, (self) => pollOne(self, fd, POLLIN, -1));
    yield* inThread(sys, results, (self) => pollOne(self, fd, POLLIN, -1));
    yield* inThread(sys, results, (self) => selectFrom(self, { in: [fd] }, null));
    yield* pause(sys);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(results).toHaveLength(3);
    expect(woken).toEqual([`e2: ${fd}`]);
  });
});

/** poll() on an instance sleeps as well as epoll_wait does: that is how loops are put into loops. */
test('a thread in poll on an instance is woken by a file that the instance watches', () => {
  inMachine(function* (sys) {
    const results: unknown[] = [];
    const fd = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* inThread(sys, results, (self) => pollOne(self, ep, POLLIN, -1));
    yield* pause(sys);
    expect(results).toEqual([]);
    yield* writeCount(sys, fd, 1n);
    yield* pause(sys);
    expect(results).toEqual([POLLIN]);
  });
});

/** What becomes ready by MOD or ADD has no wakeup of its file: the instance tells its pollers. */
test('a thread in poll on an instance is woken by ADD of a ready file', () => {
  inMachine(function* (sys) {
    const results: unknown[] = [];
    const fd = yield* sys.eventfd2(1, EFD_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    yield* inThread(sys, results, (self) => pollOne(self, ep, POLLIN, -1));
    yield* pause(sys);
    yield* add(sys, ep, fd, EPOLLIN);
    yield* pause(sys);
    expect(results).toEqual([POLLIN]);
  });
});
