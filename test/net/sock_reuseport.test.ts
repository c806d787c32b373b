/** Servers that share a port (SO_REUSEPORT): who may, and who gets which connection. */
import { expect, test } from 'vitest';
import { EADDRINUSE, EAGAIN } from '../../src/kernel/uapi/errno.ts';
import {
  SO_INCOMING_CPU,
  SO_REUSEPORT,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from '../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { inMachine } from '../support/run.ts';
import { addressOf, at, dial, tcp } from './ipv4/support.ts';

/** A socket with SO_REUSEPORT that is bound, and what bind() returned. */
function* sharer(sys: Sys, port: number, addr?: number): Code<[fd: number, ret: number]> {
  const fd = yield* tcp(sys, SOCK_NONBLOCK);
  yield* sys.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  return [fd, yield* sys.bind(fd, at(port, addr))];
}

/** `n` sockets that listen on one port. */
function* group(sys: Sys, n: number): Code<number[]> {
  const fds: number[] = [];
  let port = 0;
  for (let i = 0; i < n; i++) {
    const [fd] = yield* sharer(sys, port);
    port = (yield* addressOf(sys, fd)).port as number;
    yield* sys.listen(fd, 100);
    fds.push(fd);
  }
  return fds;
}

/** Makes 60 connections; how many each listener has to accept. */
function* spread(sys: Sys, fds: readonly number[]): Code<number[]> {
  const addr = yield* addressOf(sys, fds[0] as number);
  for (let i = 0; i < 60; i++) yield* dial(sys, addr);
  const counts: number[] = [];
  for (const fd of fds) {
    let n = 0;
    while ((yield* sys.accept4(fd, 0)) !== -EAGAIN) n++;
    counts.push(n);
  }
  return counts;
}

/** socket(7): one process a core, each with its own queue, instead of one that all wait at. */
test('connections are spread over the listeners of a group', () => {
  inMachine(function* (sys) {
    const counts = yield* spread(sys, yield* group(sys, 3));
    expect(Math.min(...counts)).toBeGreaterThan(8);
    expect(counts.reduce((a, b) => a + b)).toBe(60);
  });
});

/** A server that restarts one of its workers: the others take over. */
test('a listener that is closed leaves its group', () => {
  inMachine(function* (sys) {
    const [first = -1, ...rest] = yield* group(sys, 3);
    yield* sys.close(first);
    const counts = yield* spread(sys, rest);
    expect(Math.min(...counts)).toBeGreaterThan(8);
    expect(counts.reduce((a, b) => a + b)).toBe(60);
  });
});

/** socket(7): a connection stays on the CPU that its packets come on. */
test('SO_INCOMING_CPU: the listener that names this CPU gets everything', () => {
  inMachine(function* (sys) {
    const fds = yield* group(sys, 3);
    const here = sys.task.cpu;
    yield* sys.setsockopt(fds[1] as number, SOL_SOCKET, SO_INCOMING_CPU, here);
    yield* sys.setsockopt(fds[2] as number, SOL_SOCKET, SO_INCOMING_CPU, here + 1);
    expect(yield* spread(sys, fds)).toEqual([0, 60, 0]);
    yield* sys.setsockopt(fds[1] as number, SOL_SOCKET, SO_INCOMING_CPU, -1);
    expect(Math.min(...(yield* spread(sys, fds)))).toBeGreaterThan(8);
  });
});

/** socket(7): SO_INCOMING_CPU also tells on which CPU a connection was served last. */
test('SO_INCOMING_CPU gives the CPU that the last segment came on, and -1 before any', () => {
  inMachine(function* (sys) {
    const [l = -1] = yield* group(sys, 1);
    const [, a] = yield* dial(sys, yield* addressOf(sys, l));
    const b = yield* sys.accept4(l, 0);
    for (const [fd, cpu] of [
      [a, sys.task.cpu],
      [b, sys.task.cpu],
      [l, -1],
    ] as const) {
      expect((yield* sys.getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU)).value).toBe(cpu);
    }
  });
});

/** A socket without the option keeps its address, whoever shares the port at another address. */
test('a group at one address does not open the port at another', () => {
  inMachine(function* (sys) {
    const other = 0x7f00_0002;
    const plain = yield* tcp(sys);
    yield* sys.bind(plain, at(8000, other));
    expect((yield* sharer(sys, 8000))[1]).toBe(0);
    expect((yield* sharer(sys, 8000, other))[1]).toBe(-EADDRINUSE);
    expect((yield* sharer(sys, 8000))[1]).toBe(0);
  });
});
