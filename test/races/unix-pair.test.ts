/** What no lockstep shows: two threads on one socket pair, on many schedules. */
import { expect, test } from 'vitest';
import { EPIPE } from '../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { SIGPIPE } from '../../src/kernel/uapi/signal.ts';
import {
  AF_UNIX,
  MSG_DONTWAIT,
  SHUT_RD,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from '../../src/kernel/uapi/socket.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { at, bytes, connected, fill, outq, pair, take } from '../net/unix/support.ts';
import { watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

/** What a program returns, on one schedule a seed. A program that hangs fails the test. */
function onSchedules<T>(count: number, program: (sys: Sys) => Code<T>): T[] {
  const results: T[] = [];
  for (let seed = 0; seed < count; seed++) {
    results.push(inMachine(program, { schedule: randomSchedule(seed), cpus: 2 }));
  }
  return results;
}

/** Runs calls at the same time as the caller's own; what they returned. */
function* together(
  sys: Sys,
  theirs: (self: Sys) => Code<unknown>,
  own: Code<unknown>,
): Code<unknown[]> {
  const results: unknown[] = [];
  const tid = yield* sys.pthread_create(function* (self) {
    results.push(yield* theirs(self));
  });
  const mine = yield* own;
  yield* sys.pthread_join(tid);
  return [mine, ...results];
}

/** A lost wakeup would leave the reader asleep with a byte in its queue. */
test.each([
  ['stream', SOCK_STREAM],
  ['dgram', SOCK_DGRAM],
])('a %s reader that falls asleep while a byte arrives gets it, on every schedule', (_, type) => {
  const results = onSchedules(300, function* (sys) {
    const [a, b] = yield* pair(sys, type);
    return yield* together(sys, (self) => self.read(b, bytes(9)), sys.write(a, 'x'));
  });
  for (const result of results) expect(result).toEqual([1, 1]);
});

/** The relay over the receiver's queue (CVE-2013-7446) must not miss the receive that makes room. */
test('a sender that waits for room with epoll hears of the one receive, on every schedule', () => {
  const results = onSchedules(400, function* (sys) {
    const log = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
    yield* sys.bind(log, at('/log'));
    yield* fill(sys, (yield* connected(sys, '/log', SOCK_DGRAM))[1]);
    const [, c] = yield* connected(sys, '/log', SOCK_DGRAM | SOCK_NONBLOCK);
    const send = function* (): Code<number> {
      const ep = yield* watch(sys, c, EPOLLOUT | EPOLLET);
      yield* sys.epoll_wait(ep, 1, -1);
      return yield* sys.write(c, 'x');
    };
    return yield* together(sys, (self) => self.read(log, bytes(1)), send());
  });
  for (const result of results) expect(result).toEqual([1, 1]);
});

/** Room is found and taken in two steps: the limit of a send buffer is no guarantee. */
test('two writers that find the same room both take it, on some schedule', () => {
  const inUse = onSchedules(300, function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* fill(sys, a);
    yield* sys.read(b, bytes(1));
    const send = (self: Sys): Code<number> => self.send(a, 'x', MSG_DONTWAIT);
    yield* together(sys, send, send(sys));
    return yield* outq(sys, a);
  });
  expect(new Set(inUse)).toEqual(new Set([278 * 768, 279 * 768]));
});

/** A write that is refused by its second look at the socket ends in EPIPE without SIGPIPE. */
test('EPIPE comes without SIGPIPE if the peer shuts down in the middle, on some schedule', () => {
  const results = onSchedules(400, function* (sys) {
    let signals = 0;
    const handler = function* (): Code<void> {
      signals++;
    };
    yield* sys.sigaction(SIGPIPE, { handler });
    const [a, b] = yield* pair(sys);
    const [sent] = yield* together(sys, (self) => self.shutdown(b, SHUT_RD), sys.write(a, 'x'));
    return `${sent} with ${signals}`;
  });
  expect(new Set(results)).toEqual(new Set(['1 with 0', `${-EPIPE} with 0`, `${-EPIPE} with 1`]));
});

/** A server that accepts while its client goes away must still see all of what was sent. */
test('data that was sent before a close is never lost to a reader, on every schedule', () => {
  const results = onSchedules(200, function* (sys) {
    const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    const ep = yield* watch(sys, b, EPOLLIN | EPOLLET);
    const leave = function* (self: Sys): Code<void> {
      yield* self.write(a, 'last words');
      yield* self.close(a);
    };
    let heard = '';
    const listen = function* (): Code<void> {
      for (let events = 0; (events & EPOLLHUP) === 0; ) {
        events = (yield* sys.epoll_wait(ep, 1, -1))[0]?.events ?? 0;
        const text = yield* take(sys, b, 99);
        if (typeof text === 'string') heard += text;
      }
    };
    yield* together(sys, leave, listen());
    return heard;
  });
  expect(new Set(results)).toEqual(new Set(['last words']));
});
