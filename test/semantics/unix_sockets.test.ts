/** Event loops and AF_UNIX: room is memory that the peer has not read, and the peer tells of it. */
import { expect, test } from 'vitest';
import { EAGAIN, ECONNREFUSED } from '../../src/kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
} from '../../src/kernel/uapi/eventpoll.ts';
import {
  AF_UNIX,
  MSG_OOB,
  MSG_PEEK,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { pause, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { add, parkAlone, readText, ready, unixPair } from './scenes.ts';

const bytes = (n: number): Uint8Array => new Uint8Array(n);
const address = { family: AF_UNIX, path: 'srv' };
const nonblock = SOCK_STREAM | SOCK_NONBLOCK;

/** A socket that listens at `address`. */
function* listener(sys: Sys, backlog = 8): Code<number> {
  const fd = yield* sys.socket(AF_UNIX, nonblock);
  yield* sys.bind(fd, address);
  yield* sys.listen(fd, backlog);
  return fd;
}

/** A socket that connects to `address`; what connect() returned. */
function* client(sys: Sys): Code<[fd: number, ret: number]> {
  const fd = yield* sys.socket(AF_UNIX, nonblock);
  return [fd, yield* sys.connect(fd, address)];
}

/** Go 17249: constant write-ready wakeups on AF_LOCAL, with no write ever refused. */
test('what the peer reads is an edge of room, though there always was room', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.write(a, 'x');
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* readText(sys, b);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** The peer frees memory by whole buffers: half a message read is no room. */
test('a partial read by the peer is no edge of room', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT | EPOLLET);
    yield* sys.write(a, 'hello');
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* readText(sys, b, 2)).toBe('he');
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readText(sys, b, 3)).toBe('llo');
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** Not writable is not full: a quarter of the buffer is in use, and write() goes on succeeding. */
test('a socket stops being writable at the 70th byte, and still takes the 71st', () => {
  inMachine(function* (sys) {
    const [a] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT);
    for (let i = 0; i < 69; i++) yield* sys.write(a, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.write(a, 'x');
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* sys.write(a, 'x')).toBe(1);
  });
});

/** A writer that met EAGAIN: the peer has to read to below the quarter before it is told. */
test('after EAGAIN a socket becomes writable when the peer has read enough', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT | EPOLLET);
    while ((yield* sys.write(a, bytes(8192))) > 0);
    expect(yield* sys.write(a, 'x')).toBe(-EAGAIN);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.read(b, bytes(8192));
    expect(yield* reported(sys, ep)).toEqual([]);
    while ((yield* sys.read(b, bytes(65536))) > 0);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** Tuning the buffer down, as daemons do: the first byte uses up the quarter. */
test('with the smallest SO_SNDBUF one message makes a socket not writable', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLOUT);
    yield* sys.setsockopt(a, SOL_SOCKET, SO_SNDBUF, 1);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    yield* sys.write(a, bytes(1000));
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.read(b, bytes(1000));
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** An RPC over datagrams or packets: what does not fit the reader's buffer is gone, not left over. */
test.each([
  ['SOCK_DGRAM', SOCK_DGRAM],
  ['SOCK_SEQPACKET', SOCK_SEQPACKET],
])('a short read of a %s message leaves nothing to report', (_name, type) => {
  inMachine(function* (sys) {
    const [a, b] = yield* sys.socketpair(AF_UNIX, type | SOCK_NONBLOCK);
    const ep = yield* watch(sys, a, EPOLLIN);
    yield* sys.write(b, 'message');
    expect(yield* readText(sys, a, 3)).toBe('mes');
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readText(sys, a)).toBe(-EAGAIN);
  });
});

/** Protocol detection (a TLS record or not) looks first and reads later. */
test('MSG_PEEK leaves the data reported, and is no edge', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const level = yield* watch(sys, a, EPOLLIN);
    const edge = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* sys.write(b, 'hello');
    expect(yield* reported(sys, edge)).toEqual([EPOLLIN]);
    expect(yield* sys.recv(a, bytes(5), MSG_PEEK)).toBe(5);
    expect(yield* reported(sys, level)).toEqual([EPOLLIN]);
    expect(yield* reported(sys, edge)).toEqual([]);
  });
});

/** A large request to workers that share a socket exclusively: each buffer of it wakes one more. */
test.each([
  [100, 1],
  [150_000, 5],
])('a write of %i bytes makes %i wakeups', (length, wakeups) => {
  inMachine(function* (sys) {
    const woken: string[] = [];
    const [a, b] = yield* unixPair(sys);
    for (let i = 0; i < 7; i++) {
      yield* parkAlone(sys, a, woken, `t${i + 1}`, EPOLLIN | EPOLLEXCLUSIVE);
    }
    expect(yield* sys.write(b, bytes(length))).toBe(length);
    yield* pause(sys);
    expect(woken).toHaveLength(wakeups);
  });
});

/** epoll_ctl(2), EPOLLPRI: the byte that jumps the queue. Nobody but who asks for it is told. */
test('urgent data is EPOLLPRI beside EPOLLIN', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLPRI);
    yield* sys.write(b, 'abc');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    yield* sys.send(b, '!', MSG_OOB);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLPRI]);
    expect(yield* sys.recv(a, bytes(1), MSG_OOB)).toBe(1);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** memcached 476 on a unix socket: two clients connect before the loop looks. */
test('two connections are one edge, and one accept leaves the other without an event', () => {
  inMachine(function* (sys) {
    const listening = yield* listener(sys);
    const ep = yield* watch(sys, listening, EPOLLIN | EPOLLET);
    yield* client(sys);
    yield* client(sys);
    expect(yield* ready(sys, ep)).toEqual([listening]);
    expect(yield* sys.accept4(listening, 0)).toBeGreaterThan(0);
    expect(yield* ready(sys, ep)).toEqual([]);
    expect(yield* sys.accept4(listening, 0)).toBeGreaterThan(0);
    expect(yield* sys.accept4(listening, 0)).toBe(-EAGAIN);
  });
});

/** unix(7): a unix connection is there when connect() returns, before anybody accepts it. */
test('a connection can be written to before it is accepted, and is reported on ADD', () => {
  inMachine(function* (sys) {
    const listening = yield* listener(sys);
    const [fd, ret] = yield* client(sys);
    expect(ret).toBe(0);
    yield* sys.write(fd, 'request');
    const accepted = yield* sys.accept4(listening, SOCK_NONBLOCK);
    const ep = yield* watch(sys, accepted, EPOLLIN);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
  });
});

/** PHP-FPM behind nginx: EAGAIN from connect(), and no event that says when to try again. */
test('a full backlog is EAGAIN, and accept() is no event for who was refused', () => {
  inMachine(function* (sys) {
    const listening = yield* listener(sys, 0);
    yield* client(sys);
    const [fd, ret] = yield* client(sys);
    expect(ret).toBe(-EAGAIN);
    const ep = yield* watch(sys, fd, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT | EPOLLHUP]);
    yield* sys.accept4(listening, 0);
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* sys.connect(fd, address)).toBe(0);
  });
});

/** A server that restarts: connections that nobody accepted hang up, with an error of their own. */
test('closing the listener is a hangup for a connection that waits to be accepted', () => {
  inMachine(function* (sys) {
    const listening = yield* listener(sys);
    const [fd] = yield* client(sys);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* sys.close(listening);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLERR | EPOLLHUP]);
    expect((yield* client(sys))[1]).toBe(-ECONNREFUSED);
  });
});

/** A syslog daemon that is slow: the 11th datagram fits, and the writer is not writable any more. */
test('a datagram socket whose peer has ten unread messages is not writable', () => {
  inMachine(function* (sys) {
    const server = yield* sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
    yield* sys.bind(server, address);
    const fd = yield* sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
    yield* sys.connect(fd, address);
    const ep = yield* watch(sys, fd, EPOLLOUT | EPOLLET);
    for (let i = 0; i < 11; i++) expect(yield* sys.write(fd, 'x')).toBe(1);
    expect(yield* sys.write(fd, 'x')).toBe(-EAGAIN);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* readText(sys, server);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** Both ends of one pair in one loop (a self-pipe of sockets): each end has its own events. */
test('a write is an event for the other end only', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* unixPair(sys);
    const ep = yield* watch(sys, a, EPOLLIN | EPOLLET);
    yield* add(sys, ep, b, EPOLLIN | EPOLLET);
    yield* sys.write(a, 'x');
    expect(yield* ready(sys, ep)).toEqual([b]);
  });
});
