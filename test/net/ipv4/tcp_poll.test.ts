import { expect, test } from 'vitest';
import { EAGAIN } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../../../src/kernel/uapi/eventpoll.ts';
import { POLLOUT } from '../../../src/kernel/uapi/poll.ts';
import {
  MSG_PEEK,
  SHUT_WR,
  SO_RCVBUF,
  SO_RCVLOWAT,
  SO_SNDBUF,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { randomSchedule } from '../../../src/sim/schedule.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { pause, reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import * as net from './support.ts';

const { bytes, listener, mask, pair, put, take } = net;

/** A writer with a small send buffer, and a reader with a smaller receive buffer. */
function* narrow(sys: Sys): Code<[writer: number, reader: number]> {
  const [l, addr] = yield* listener(sys);
  yield* sys.setsockopt(l, SOL_SOCKET, SO_RCVBUF, 2304);
  const writer = yield* net.tcp(sys);
  yield* sys.setsockopt(writer, SOL_SOCKET, SO_SNDBUF, 20_000);
  yield* sys.connect(writer, addr);
  return [writer, yield* sys.accept4(l, 0)];
}

/** Writes in pieces of 1000 bytes. */
function* writePieces(sys: Sys, fd: number, count: number): Code<number> {
  let ret = 0;
  for (let i = 0; i < count; i++) ret = yield* put(sys, fd, bytes(1000));
  return ret;
}

/** Programs that take EPOLLOUT for "not full": a third of the buffer has to be free. */
test('a socket stops being writable long before a send is refused', () => {
  inMachine(function* (sys) {
    const [writer] = yield* narrow(sys);
    expect(yield* writePieces(sys, writer, 18)).toBe(1000);
    expect(yield* mask(sys, writer)).toBe(EPOLLOUT);
    expect(yield* writePieces(sys, writer, 1)).toBe(1000);
    expect(yield* mask(sys, writer)).toBe(0);
    expect(yield* writePieces(sys, writer, 7)).toBe(1000);
    expect(yield* writePieces(sys, writer, 1)).toBe(192);
    expect(yield* writePieces(sys, writer, 1)).toBe(-EAGAIN);
  });
});

/** An edge-triggered writer sleeps on although there is room for a small write. */
test('EPOLLOUT comes when a third of the buffer is free, not at the first room', () => {
  inMachine(function* (sys) {
    const [writer, reader] = yield* narrow(sys);
    for (let ret = 0; ret >= 0; yield* pause(sys, 60)) ret = yield* put(sys, writer, bytes(1000));
    const ep = yield* watch(sys, writer, EPOLLOUT | EPOLLET);
    let got = 0;
    for (let found: number[] = []; found.length === 0; found = yield* reported(sys, ep)) {
      const text = yield* take(sys, reader, 500);
      got += typeof text === 'string' ? text.length : 0;
      yield* pause(sys, 50);
    }
    expect(got).toBe(7760);
    expect(yield* net.outq(sys, writer)).toBe(18_736);
  });
});

/** No edge without somebody who asked: a writer that never met EAGAIN is not told of room. */
test('room that nobody has waited for is no edge', () => {
  inMachine(function* (sys) {
    const [writer, reader] = yield* narrow(sys);
    const ep = yield* watch(sys, writer, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* writePieces(sys, writer, 18);
    for (let n = -1; n !== -EAGAIN; ) {
      const text = yield* take(sys, reader, 9000);
      n = typeof text === 'string' ? text.length : text;
      yield* pause(sys, 50);
    }
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** socket(7): since 2008 poll() honours SO_RCVLOWAT, for TCP only. */
test('below SO_RCVLOWAT a socket is not readable, but can be read without waiting', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.setsockopt(b, SOL_SOCKET, SO_RCVLOWAT, 4);
    const ep = yield* watch(sys, b, EPOLLIN | EPOLLRDHUP);
    yield* put(sys, a, 'abc');
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* take(sys, b, 1, MSG_PEEK)).toBe('a');
    yield* put(sys, a, 'd');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* take(sys, b, 1);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.shutdown(a, SHUT_WR);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLRDHUP]);
  });
});

/**
 * The race breaker of tcp_poll(), without which a poller sleeps beside an empty send buffer.
 *
 * | poller                    | softirq of the acknowledgement       |
 * | ------------------------- | ------------------------------------ |
 * | sees no room              |                                      |
 * |                           | makes room                           |
 * |                           | SOCK_NOSPACE is not set: tells nobody |
 * | sets SOCK_NOSPACE         |                                      |
 * | looks for room once more  |                                      |
 */
test('a poller that looks while room is made is told of it, on every sampled schedule', () => {
  const results = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    const revents = inMachine(
      function* (sys) {
        const [writer, reader] = yield* narrow(sys);
        yield* writePieces(sys, writer, 24); // No room, and nobody has met EAGAIN.
        const tid = yield* sys.pthread_create(function* (self) {
          for (let got = 0; got < 24_000; ) got += yield* self.read(reader, bytes(24_000));
        });
        const entry = { fd: writer, events: POLLOUT, revents: 0 };
        yield* sys.poll([entry], -1);
        yield* sys.pthread_join(tid);
        return entry.revents;
      },
      { cpus: 2, schedule: randomSchedule(seed) },
    );
    results.add(revents);
  }
  expect([...results]).toEqual([POLLOUT]);
});
