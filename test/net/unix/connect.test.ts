import { expect, test } from 'vitest';
import {
  EADDRINUSE,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINVAL,
  EISCONN,
  ENOENT,
  EOPNOTSUPP,
  EPROTOTYPE,
} from '../../../src/kernel/uapi/errno.ts';
import { EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import {
  AF_UNIX,
  SO_KEEPALIVE,
  SO_PASSCRED,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inThread, pause, reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { at, connected, listener, rcvtimeo, sndtimeo, take, timed } from './support.ts';

/** Starts threads that connect, one after the other; who got through stands in `done`. */
function* connectors(sys: Sys, path: string, count: number, done: unknown[]): Code<void> {
  for (let i = 0; i < count; i++) {
    yield* inThread(sys, done, function* (self) {
      const [ret] = yield* connected(self, path);
      return `${i}: ${ret}`;
    });
    yield* pause(sys);
  }
}

/** listen(2): a backlog of N lets N + 1 connections wait; each accept() lets one more in. */
test('connectors wait for room in the backlog and are let in first come first served', () => {
  inMachine(function* (sys) {
    const l = yield* listener(sys, '/srv', 0);
    const done: unknown[] = [];
    yield* connectors(sys, '/srv', 4, done);
    expect(done).toEqual(['0: 0']);
    yield* sys.accept4(l, 0);
    yield* pause(sys);
    expect(done).toEqual(['0: 0', '1: 0']);
    yield* sys.accept4(l, 0);
    yield* pause(sys);
    expect(done).toEqual(['0: 0', '1: 0', '2: 0']);
    yield* sys.listen(l, 5);
    yield* pause(sys);
    expect(done).toEqual(['0: 0', '1: 0', '2: 0', '3: 0']);
  });
});

/** A server that restarts: its clients must not hang in connect(). */
test('closing the listener refuses those who wait in connect()', () => {
  inMachine(function* (sys) {
    const l = yield* listener(sys, '/srv', 0);
    const done: unknown[] = [];
    yield* connectors(sys, '/srv', 3, done);
    yield* sys.close(l);
    yield* pause(sys);
    expect(done).toEqual(['0: 0', `1: ${-ECONNREFUSED}`, `2: ${-ECONNREFUSED}`]);
  });
});

/** unix(7): unlike TCP there is no EINPROGRESS; a client that expects one must retry. */
test('with a full backlog connect() is EAGAIN, at once or when SO_SNDTIMEO is over', () => {
  inMachine(function* (sys) {
    yield* listener(sys, '/srv', 0);
    yield* connected(sys, '/srv');
    expect(yield* connected(sys, '/srv', SOCK_STREAM | SOCK_NONBLOCK)).toEqual([-EAGAIN, 5]);
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    yield* sndtimeo(sys, fd, 40);
    expect(yield* timed(sys, sys.connect(fd, at('/srv')))).toEqual([-EAGAIN, 40]);
  });
});

/** socket(7): accept() is a receive as far as SO_RCVTIMEO goes. */
test('SO_RCVTIMEO bounds accept()', () => {
  inMachine(function* (sys) {
    const l = yield* listener(sys, '/srv', 1);
    yield* rcvtimeo(sys, l, 40);
    expect(yield* timed(sys, sys.accept4(l, 0))).toEqual([-EAGAIN, 40]);
  });
});

/** A prefork server: one connection, one process that wakes; the longest sleeper is first. */
test('one connection wakes the thread that has slept longest in accept()', () => {
  inMachine(function* (sys) {
    const l = yield* listener(sys, '/srv', 5);
    const done: unknown[] = [];
    for (const name of ['first', 'second']) {
      yield* inThread(sys, done, function* (self) {
        yield* self.accept4(l, 0);
        return name;
      });
      yield* pause(sys);
    }
    yield* connected(sys, '/srv');
    yield* pause(sys);
    expect(done).toEqual(['first']);
    yield* connected(sys, '/srv');
    yield* pause(sys);
    expect(done).toEqual(['first', 'second']);
  });
});

/** A client may speak first, before the server has looked at it. */
test('a connection works before it is accepted', () => {
  inMachine(function* (sys) {
    const l = yield* listener(sys, '/srv', 5);
    const ep = yield* watch(sys, l, EPOLLIN);
    const [ret, c] = yield* connected(sys, '/srv');
    expect(ret).toBe(0);
    expect(yield* sys.write(c, 'hello')).toBe(5);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    const s = yield* sys.accept4(l, 0);
    expect(yield* take(sys, s, 9)).toBe('hello');
    expect(yield* reported(sys, ep)).toEqual([]);
    expect((yield* sys.getsockname(s)).addr).toEqual(at('/srv'));
    expect((yield* sys.getpeername(c)).addr).toEqual(at('/srv'));
    expect((yield* sys.getpeername(s)).addr).toEqual({ family: AF_UNIX });
  });
});

/** unix(7), SO_PASSCRED: set at a listener it holds for its connections; a client is named by it. */
test('with SO_PASSCRED connect() names the caller, and accept() inherits it', () => {
  inMachine(function* (sys) {
    const l = yield* listener(sys, '/srv', 5);
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    for (const one of [l, fd]) yield* sys.setsockopt(one, SOL_SOCKET, SO_PASSCRED, 1);
    yield* sys.setsockopt(l, SOL_SOCKET, SO_KEEPALIVE, 1);
    expect(yield* sys.connect(fd, at('/srv'))).toBe(0);
    expect((yield* sys.getsockname(fd)).addr?.path).toMatch(/^\0[0-9a-f]{5}$/);
    const s = yield* sys.accept4(l, 0);
    expect((yield* sys.getsockopt(s, SOL_SOCKET, SO_PASSCRED)).value).toBe(1);
    expect((yield* sys.getsockopt(s, SOL_SOCKET, SO_KEEPALIVE)).value).toBe(0);
  });
});

/** A connection in the backlog of a server that dies has been reset, not ended. */
test('closing the listener resets the connections that nobody accepted', () => {
  inMachine(function* (sys) {
    const l = yield* listener(sys, '/srv', 5);
    const [, c] = yield* connected(sys, '/srv');
    yield* sys.close(l);
    expect(yield* take(sys, c, 9)).toBe(-ECONNRESET);
    expect(yield* take(sys, c, 9)).toBe('');
  });
});

/** The first thing a daemon trips over: the path of its last run is still there. */
test('a path outlives its socket and is in the way until it is unlinked', () => {
  inMachine(function* (sys) {
    const l = yield* listener(sys, '/srv', 5);
    yield* sys.close(l);
    expect((yield* connected(sys, '/srv'))[0]).toBe(-ECONNREFUSED);
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    expect(yield* sys.bind(fd, at('/srv'))).toBe(-EADDRINUSE);
    expect(yield* sys.unlink('/srv')).toBe(0);
    expect((yield* connected(sys, '/srv'))[0]).toBe(-ENOENT);
    expect(yield* sys.bind(fd, at('/srv'))).toBe(0);
  });
});

/** unix(7), abstract sockets: no file to clean up, and each type has names of its own. */
test('an abstract name is free again when its socket is closed, and belongs to its type', () => {
  inMachine(function* (sys) {
    const l = yield* listener(sys, '\0srv', 5);
    const other = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    expect(yield* sys.bind(other, at('\0srv'))).toBe(-EADDRINUSE);
    expect((yield* connected(sys, '\0srv', SOCK_DGRAM))[0]).toBe(-ECONNREFUSED);
    const dgram = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
    expect(yield* sys.bind(dgram, at('\0srv'))).toBe(0);
    yield* sys.close(l);
    expect((yield* connected(sys, '\0srv'))[0]).toBe(-ECONNREFUSED);
    expect(yield* sys.bind(other, at('\0srv'))).toBe(0);
  });
});

/** bind(2) and connect(2), ERRORS: what each call says in the wrong state. */
test('calls that do not fit the state of a socket are refused with their own errno', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    expect(yield* sys.listen(fd, 5)).toBe(-EINVAL);
    expect(yield* sys.accept4(fd, 0)).toBe(-EINVAL);
    expect(yield* sys.connect(fd, at(''))).toBe(-EINVAL);
    yield* sys.bind(fd, at('/srv'));
    expect(yield* sys.bind(fd, at('/other'))).toBe(-EINVAL);
    expect((yield* connected(sys, '/other'))[0]).toBe(-ENOENT);
    expect((yield* connected(sys, '/srv'))[0]).toBe(-ECONNREFUSED);
    expect((yield* connected(sys, '/srv', SOCK_SEQPACKET))[0]).toBe(-EPROTOTYPE);
    yield* sys.listen(fd, 5);
    expect(yield* sys.connect(fd, at('/srv'))).toBe(-EINVAL);
    const [, c] = yield* connected(sys, '/srv');
    expect(yield* sys.connect(c, at('/srv'))).toBe(-EISCONN);
    expect(yield* sys.sendto(c, 'x', 0, at('/srv'))).toBe(-EISCONN);
    const dgram = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
    expect(yield* sys.listen(dgram, 5)).toBe(-EOPNOTSUPP);
    expect(yield* sys.accept4(dgram, 0)).toBe(-EOPNOTSUPP);
  });
});

/** unix(7), autobind: what a client calls itself so that it can be answered. */
test('bind() without a path chooses an abstract name of five hex digits', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
    expect(yield* sys.bind(fd, at(''))).toBe(0);
    const { addr } = yield* sys.getsockname(fd);
    expect(addr?.path).toMatch(/^\0[0-9a-f]{5}$/);
    expect(yield* sys.bind(fd, at(''))).toBe(0);
    expect((yield* sys.getsockname(fd)).addr).toEqual(addr);
  });
});
