import { expect, test } from 'vitest';
import { EAGAIN } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLOUT } from '../../../src/kernel/uapi/eventpoll.ts';
import { IPPROTO_TCP } from '../../../src/kernel/uapi/in.ts';
import { MSG_MORE, SHUT_WR, SO_SNDTIMEO, SOL_SOCKET } from '../../../src/kernel/uapi/socket.ts';
import { TCP_CORK, TCP_NODELAY } from '../../../src/kernel/uapi/tcp.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inThread, pause, timeval } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import * as net from './support.ts';

const { await_, bytes, mask, pair, put, take } = net;

const cork = (sys: Sys, fd: number, value: number): Code<number> =>
  sys.setsockopt(fd, IPPROTO_TCP, TCP_CORK, value);

/**
 * Nobody has read anything: what the receiver takes and what stays at the sender. A non-blocking
 * writer that counts on a fixed size of the send buffer.
 */
test.each([
  [65_536, 65_536, 65_536, EPOLLOUT],
  [262_144, 262_144, 127_973, EPOLLOUT],
  [1_048_576, 1_048_576, 127_973, EPOLLOUT],
  [4_194_304, 3_919_467, 127_973, 0],
])('of %i bytes written at once %i are taken and %i arrive', (size, taken, arrived, events) => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    expect(yield* put(sys, a, bytes(size))).toBe(taken);
    yield* pause(sys, 300);
    expect(yield* net.inq(sys, b)).toBe(arrived);
    expect(yield* net.outq(sys, a)).toBe(taken - arrived);
    expect(yield* mask(sys, a)).toBe(events);
  });
});

/** A blocking write returns when all has been taken, whatever that takes. */
test('a blocking write of more than the buffers hold waits for the reader', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    const done: unknown[] = [];
    const size = 8_000_000;
    yield* inThread(sys, done, (self) => self.write(a, bytes(size)));
    yield* pause(sys);
    let got = 0;
    while (got < 3_000_000) got += yield* sys.read(b, bytes(100_000));
    expect(done).toEqual([]);
    while (got < size) got += yield* sys.read(b, bytes(100_000));
    yield* pause(sys);
    expect(done).toEqual([size]);
  });
});

/** socket(7), SO_SNDTIMEO: what has been taken by then, and EAGAIN if that is nothing. */
test('SO_SNDTIMEO bounds a write', () => {
  inMachine(function* (sys) {
    const [a] = yield* pair(sys);
    yield* sys.setsockopt(a, SOL_SOCKET, SO_SNDTIMEO, timeval(80));
    const [sent, ms] = yield* net.timed(sys, sys.write(a, bytes(8_000_000)));
    expect(sent).toBeLessThan(8_000_000);
    expect(ms).toBe(80);
    while ((yield* put(sys, a, bytes(1000))) > 0) yield* pause(sys);
    expect(yield* net.timed(sys, sys.write(a, bytes(1_000_000)))).toEqual([-EAGAIN, 80]);
  });
});

/** send(2), MSG_MORE: a header and its body in one segment. */
test('MSG_MORE holds bytes back until more come, or the end', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* put(sys, a, 'abc', MSG_MORE);
    expect(yield* take(sys, b, 9)).toBe(-EAGAIN);
    yield* put(sys, a, 'd');
    expect(yield* take(sys, b, 9)).toBe('abcd');
    yield* put(sys, a, 'e', MSG_MORE);
    yield* sys.shutdown(a, SHUT_WR);
    expect(yield* take(sys, b, 9)).toBe('e');
    expect(yield* take(sys, b, 9)).toBe('');
  });
});

/** tcp(7), TCP_CORK: "a 200 millisecond ceiling on the time for which output is corked". */
test('corked bytes leave after 200 ms, or when the cork is taken off or TCP_NODELAY is set', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* cork(sys, a, 1);
    yield* put(sys, a, 'abc');
    yield* put(sys, a, 'd');
    expect(yield* take(sys, b, 9)).toBe(-EAGAIN);
    expect(yield* net.timed(sys, await_(sys, b, 9))).toEqual(['abcd', 200]);
    yield* put(sys, a, 'e');
    yield* cork(sys, a, 0);
    expect(yield* take(sys, b, 9)).toBe('e');
    yield* cork(sys, a, 1);
    yield* put(sys, a, 'f');
    yield* sys.setsockopt(a, IPPROTO_TCP, TCP_NODELAY, 1);
    expect(yield* take(sys, b, 9)).toBe('f');
  });
});

/** forced_push(): MSG_MORE on a large body does not stall the peer. */
test('MSG_MORE holds no more back than half of the window of the peer', () => {
  inMachine(function* (sys) {
    for (const [size, arrived] of [
      [32_741, 32_741],
      [32_740, 0],
      [40_000, 40_000],
    ] as const) {
      const [a, b] = yield* pair(sys);
      yield* put(sys, a, bytes(size), MSG_MORE);
      expect(yield* net.inq(sys, b)).toBe(arrived);
    }
  });
});
