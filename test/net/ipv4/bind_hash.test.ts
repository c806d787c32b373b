import { expect, test } from 'vitest';
import * as err from '../../../src/kernel/uapi/errno.ts';
import { INADDR_ANY, INADDR_LOOPBACK } from '../../../src/kernel/uapi/in.ts';
import { SO_REUSEADDR, SO_REUSEPORT, SOL_SOCKET } from '../../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inMachine } from '../../support/run.ts';
import * as net from './support.ts';

const { addressOf, at, dial, tcp } = net;
const { EADDRINUSE, EADDRNOTAVAIL, EINVAL } = err;

/** A new socket, with SO_REUSEADDR or without. */
function* reusing(sys: Sys, reuse: boolean): Code<number> {
  const fd = yield* tcp(sys);
  if (reuse) yield* sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  return fd;
}

/** socket(7), SO_REUSEADDR: both must have it, and nobody may listen. */
test.each([
  [false, false, 'idle', -EADDRINUSE],
  [true, false, 'idle', -EADDRINUSE],
  [false, true, 'idle', -EADDRINUSE],
  [true, true, 'idle', 0],
  [true, true, 'listening', -EADDRINUSE],
])('SO_REUSEADDR here %s, there %s, the other %s: bind is %i', (here, there, state, result) => {
  inMachine(function* (sys) {
    const other = yield* reusing(sys, there);
    yield* sys.bind(other, at(0));
    if (state === 'listening') yield* sys.listen(other, 1);
    const fd = yield* reusing(sys, here);
    expect(yield* sys.bind(fd, yield* addressOf(sys, other))).toBe(result);
  });
});

/** What the first set at bind() is not remembered, but that SO_REUSEPORT was set for an address. */
test.each([
  [SO_REUSEADDR, INADDR_LOOPBACK, INADDR_LOOPBACK, -EADDRINUSE],
  [SO_REUSEADDR, INADDR_ANY, INADDR_LOOPBACK, -EADDRINUSE],
  [SO_REUSEPORT, INADDR_LOOPBACK, INADDR_LOOPBACK, 0],
  [SO_REUSEPORT, INADDR_ANY, INADDR_LOOPBACK, 0],
  [SO_REUSEPORT, INADDR_LOOPBACK, INADDR_ANY, -EADDRINUSE],
])('option %i set for bind only, at %i, the other at %i: %i', (option, first, second, result) => {
  inMachine(function* (sys) {
    const other = yield* tcp(sys);
    yield* sys.setsockopt(other, SOL_SOCKET, option, 1);
    yield* sys.bind(other, at(0, first));
    yield* sys.setsockopt(other, SOL_SOCKET, option, 0);
    const fd = yield* tcp(sys);
    yield* sys.setsockopt(fd, SOL_SOCKET, option, 1);
    const port = (yield* addressOf(sys, other)).port as number;
    expect(yield* sys.bind(fd, at(port, second))).toBe(result);
  });
});

/** Of two that share a port one may listen; the other finds out when it does. */
test('a port that is shared can be listened on by one', () => {
  inMachine(function* (sys) {
    const a = yield* reusing(sys, true);
    const b = yield* reusing(sys, true);
    yield* sys.bind(a, at(0));
    yield* sys.bind(b, yield* addressOf(sys, a));
    expect(yield* sys.listen(a, 1)).toBe(0);
    expect(yield* sys.listen(b, 1)).toBe(-EADDRINUSE);
  });
});

/** bind(2), ERRORS. */
test('bind wants an address of this machine, and a socket that has none', () => {
  inMachine(function* (sys) {
    const fd = yield* tcp(sys);
    expect(yield* sys.bind(fd, at(0, 0x0a01_0203))).toBe(-EADDRNOTAVAIL);
    expect(yield* sys.bind(fd, at(0))).toBe(0);
    expect((yield* addressOf(sys, fd)).port).toBeGreaterThanOrEqual(32_768);
    expect(yield* sys.bind(fd, at(0))).toBe(-EINVAL);
  });
});

/** Two servers on one port, one for each address: any address stands for all of them. */
test('INADDR_ANY conflicts with every address, and two addresses do not conflict', () => {
  inMachine(function* (sys) {
    const one = yield* tcp(sys);
    yield* sys.bind(one, at(5000));
    expect(yield* sys.bind(yield* tcp(sys), at(5000, 0))).toBe(-EADDRINUSE);
    expect(yield* sys.bind(yield* tcp(sys), at(5000, 0x7f00_0002))).toBe(0);
  });
});

/**
 * Why servers set SO_REUSEADDR: the end that closed first stays in TIME_WAIT, and a server that is
 * started again cannot bind for a minute.
 */
test.each([
  ['client', false, 0],
  ['server', false, -EADDRINUSE],
  ['server', true, 0],
])('after the %s closed first, bind with SO_REUSEADDR %s is %i', (first, reuse, result) => {
  inMachine(function* (sys) {
    const l = yield* reusing(sys, reuse);
    yield* sys.bind(l, at(5000));
    yield* sys.listen(l, 1);
    const [, client] = yield* dial(sys, at(5000));
    const server = yield* sys.accept4(l, 0);
    yield* sys.close(l);
    const ends = first === 'client' ? [client, server] : [server, client];
    for (const fd of ends) yield* sys.close(fd);
    expect(yield* sys.bind(yield* reusing(sys, reuse), at(5000))).toBe(result);
  });
});

/** TCP_TIMEWAIT_LEN. */
test('TIME_WAIT ends after a minute', () => {
  inMachine(function* (sys) {
    const [client, server] = yield* net.pair(sys);
    const addr = yield* addressOf(sys, server);
    yield* sys.close(server);
    yield* sys.close(client);
    yield* sys.nanosleep({ tv_sec: 59, tv_nsec: 0 });
    expect(yield* sys.bind(yield* tcp(sys), addr)).toBe(-EADDRINUSE);
    yield* sys.nanosleep({ tv_sec: 2, tv_nsec: 0 });
    expect(yield* sys.bind(yield* tcp(sys), addr)).toBe(0);
  });
});

/** Traces must not change from run to run: ports are handed out in a fixed way. */
test('ports that the kernel chooses are the same in every machine', () => {
  const ports = (): unknown[] =>
    inMachine(function* (sys) {
      const found: unknown[] = [];
      const [l, addr] = yield* net.listener(sys);
      for (const fd of [l, (yield* dial(sys, addr))[1], (yield* dial(sys, addr))[1]]) {
        found.push((yield* addressOf(sys, fd)).port);
      }
      return found;
    });
  expect(ports()).toEqual(ports());
  expect(new Set(ports()).size).toBe(3);
});
