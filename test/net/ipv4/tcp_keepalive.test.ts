/** What a connection does about a peer that is silent. */
import { expect, test } from 'vitest';
import { ETIMEDOUT } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLERR, EPOLLHUP, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { SO_KEEPALIVE, SOL_SOCKET } from '../../../src/kernel/uapi/socket.ts';
import {
  SOL_TCP,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_USER_TIMEOUT,
} from '../../../src/kernel/uapi/tcp.ts';
import { Machine } from '../../../src/sim/machine.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { cutLoopback, pair, soError, timed } from './support.ts';

function* askEverySecond(sys: Sys, fd: number): Code<void> {
  yield* sys.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  yield* sys.setsockopt(fd, SOL_TCP, TCP_KEEPIDLE, 1);
  yield* sys.setsockopt(fd, SOL_TCP, TCP_KEEPINTVL, 1);
  yield* sys.setsockopt(fd, SOL_TCP, TCP_KEEPCNT, 2);
}

/** tcp(7): a server whose client's machine is switched off. Linux: 3.06 s and 5.12 s (ticks). */
test.each([
  ['TCP_KEEPCNT probes', 0, 3000],
  ['TCP_USER_TIMEOUT, if it is set', 4500, 5000],
])('a peer that does not answer is given up after %s', (_, userTimeout, expected) => {
  inMachine(function* (sys) {
    const [a] = yield* pair(sys);
    yield* askEverySecond(sys, a);
    yield* sys.setsockopt(a, SOL_TCP, TCP_USER_TIMEOUT, userTimeout);
    cutLoopback(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    const [[event], ms] = yield* timed(sys, sys.epoll_wait(ep, 1, -1));
    expect(event?.events).toBe(EPOLLIN | EPOLLERR | EPOLLHUP);
    expect(ms).toBe(expected);
    expect(yield* soError(sys, a)).toBe(ETIMEDOUT);
  });
});

/** Without keepalive a connection without traffic outlives any silence. */
test('a peer that does not answer is not noticed without SO_KEEPALIVE', () => {
  inMachine(function* (sys) {
    const [a] = yield* pair(sys);
    yield* askEverySecond(sys, a);
    yield* sys.setsockopt(a, SOL_SOCKET, SO_KEEPALIVE, 0);
    cutLoopback(sys);
    const ep = yield* watch(sys, a, EPOLLIN);
    expect(yield* sys.epoll_wait(ep, 1, 100_000)).toHaveLength(0);
  });
});

/** A server that sleeps for ever, with keepalive on: the test that runs it comes to its end. */
test('keepalive between ends that sleep keeps no machine running', () => {
  const machine = new Machine();
  machine.spawn(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* askEverySecond(sys, a);
    yield* sys.read(b, new Uint8Array(1));
  });
  expect(machine.run().asleep).toHaveLength(1);
});
