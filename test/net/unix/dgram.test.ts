import { expect, test } from 'vitest';
import {
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
} from '../../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLOUT } from '../../../src/kernel/uapi/eventpoll.ts';
import { FIONREAD } from '../../../src/kernel/uapi/ioctls.ts';
import { POLLOUT, POLLWRNORM } from '../../../src/kernel/uapi/poll.ts';
import {
  AF_UNIX,
  AF_UNSPEC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  SHUT_RD,
  SHUT_WR,
  SO_PASSCRED,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inThread, pause, polled, reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { ask, at, bytes, connected, fill, outq, pair, sndtimeo, take, timed } from './support.ts';

const WRITABLE = POLLOUT | POLLWRNORM;

/** A datagram socket that is bound to `path`. */
function* bound(sys: Sys, path: string): Code<number> {
  const fd = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
  yield* sys.bind(fd, at(path));
  return fd;
}

/** A datagram socket that sends to `path`. */
function* sender(sys: Sys, path: string): Code<number> {
  return (yield* connected(sys, path, SOCK_DGRAM))[1];
}

/** A syslog message that is longer than the reader's buffer loses its tail for good. */
test('a receive takes one datagram, and drops what does not fit', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys, SOCK_DGRAM);
    for (const text of ['hello', '', 'bye']) yield* sys.write(a, text);
    expect(yield* ask(sys, b, FIONREAD)).toBe(5);
    expect(yield* take(sys, b, 2, MSG_PEEK)).toBe('he');
    expect(yield* sys.recv(b, bytes(2), MSG_TRUNC)).toBe(5);
    expect(yield* take(sys, b, 9)).toBe('');
    expect(yield* take(sys, b, 9)).toBe('bye');
    expect(yield* take(sys, b, 9)).toBe(-EAGAIN);
    expect(yield* sys.send(a, 'x', MSG_OOB)).toBe(-EOPNOTSUPP);
  });
});

/** unix(7): a datagram is at most the send buffer less 32 bytes. */
test.each([
  [0, 768],
  [7873, 16_640],
  [16_065, 20_736],
  [85_697, 102_656],
  [212_960, 332_032],
])('a datagram of %i bytes takes %i of the send buffer', (size, truesize) => {
  inMachine(function* (sys) {
    const [a] = yield* pair(sys, SOCK_DGRAM);
    expect(yield* sys.send(a, bytes(212_961), MSG_DONTWAIT)).toBe(-EMSGSIZE);
    expect(yield* sys.send(a, bytes(size), MSG_DONTWAIT)).toBe(size);
    expect(yield* outq(sys, a)).toBe(truesize);
  });
});

/** Two ends of a pair hold each other back by memory alone. */
test('a pair takes 278 datagrams of one byte, a socket that hears others too takes eleven', () => {
  inMachine(function* (sys) {
    const [a] = yield* pair(sys, SOCK_DGRAM);
    expect(yield* fill(sys, a)).toEqual([278, -EAGAIN]);
    yield* bound(sys, '/log');
    const c = yield* sender(sys, '/log');
    expect(yield* fill(sys, c)).toEqual([11, -EAGAIN]);
  });
});

/** A client of a busy log daemon that waits for room by epoll before it has sent anything. */
test('whoever finds the queue of its peer full is woken by one receive of the peer, once', () => {
  inMachine(function* (sys) {
    const log = yield* bound(sys, '/log');
    const busy = yield* sender(sys, '/log');
    yield* fill(sys, busy);
    const c = yield* sender(sys, '/log');
    const ep = yield* watch(sys, c, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* take(sys, log, 9);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* polled(sys, c)).toBe(WRITABLE);
    yield* take(sys, log, 9);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* fill(sys, busy);
    expect(yield* polled(sys, c)).toBe(0);
    yield* take(sys, log, 9);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** A process that logs while it holds a lock: how long can the daemon stop it? */
test('a blocked sendto() goes on when there is room, or ends when SO_SNDTIMEO is over', () => {
  inMachine(function* (sys) {
    const log = yield* bound(sys, '/log');
    const c = yield* sender(sys, '/log');
    yield* sndtimeo(sys, c, 40);
    yield* fill(sys, c);
    expect(yield* timed(sys, sys.write(c, 'x'))).toEqual([-EAGAIN, 40]);
    const done: unknown[] = [];
    const other = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
    yield* inThread(sys, done, (self) => self.sendto(other, 'y', 0, at('/log')));
    yield* pause(sys);
    expect(done).toEqual([]);
    yield* take(sys, log, 9);
    yield* pause(sys);
    expect(done).toEqual([1]);
  });
});

/** A log client must reconnect when the daemon is restarted: it learns so from its next send. */
test('a receiver that is gone is ECONNREFUSED once, and no peer from then on', () => {
  inMachine(function* (sys) {
    const log = yield* bound(sys, '/log');
    const c = yield* sender(sys, '/log');
    yield* sys.close(log);
    expect(yield* polled(sys, c)).toBe(WRITABLE);
    expect(yield* sys.write(c, 'x')).toBe(-ECONNREFUSED);
    expect(yield* sys.write(c, 'x')).toBe(-ENOTCONN);
    expect(yield* sys.sendto(c, 'x', 0, at('/log'))).toBe(-ECONNREFUSED);
  });
});

/** recvfrom(2): a server answers to the address that it got; an unbound client has none. */
test('a datagram carries the address of its sender, if that is bound', () => {
  inMachine(function* (sys) {
    const log = yield* bound(sys, '/log');
    const c = yield* sender(sys, '/log');
    yield* sys.write(c, 'x');
    expect((yield* sys.recvfrom(log, bytes(9), 0)).addr).toBeNull();
    yield* sys.bind(c, at('/client'));
    yield* sys.write(c, 'x');
    expect(yield* sys.recvfrom(log, bytes(9), 0)).toEqual({ ret: 1, addr: at('/client') });
  });
});

/** connect(2): a connected datagram socket hears its peer only. */
test('a connected datagram socket refuses others with EPERM', () => {
  inMachine(function* (sys) {
    const a = yield* bound(sys, '/a');
    yield* bound(sys, '/b');
    yield* sys.connect(a, at('/b'));
    const c = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
    expect(yield* sys.sendto(c, 'x', 0, at('/a'))).toBe(-EPERM);
    expect(yield* sys.connect(c, at('/a'))).toBe(-EPERM);
    yield* sys.connect(a, { family: AF_UNSPEC });
    expect(yield* sys.sendto(c, 'x', 0, at('/a'))).toBe(1);
  });
});

/** What was under way between two sockets is lost when one of them turns to a third. */
test('a change of peers drops what the old peer sent, and tells it by ECONNRESET', () => {
  inMachine(function* (sys) {
    const a = yield* bound(sys, '/a');
    const b = yield* bound(sys, '/b');
    yield* bound(sys, '/c');
    yield* sys.connect(a, at('/b'));
    yield* sys.connect(b, at('/a'));
    yield* sys.write(b, 'lost');
    expect(yield* sys.connect(a, at('/c'))).toBe(0);
    expect(yield* take(sys, a, 9)).toBe(-EAGAIN);
    expect(yield* sys.write(b, 'x')).toBe(-ECONNRESET);
    expect(yield* sys.write(b, 'x')).toBe(-EPERM);
  });
});

/** shutdown(2) on datagram sockets concerns the own end only. */
test('shutdown of a datagram socket is no end for its peer, but its sends fail', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys, SOCK_DGRAM);
    yield* sys.shutdown(a, SHUT_RD);
    expect(yield* sys.send(b, 'x', MSG_NOSIGNAL)).toBe(-EPIPE);
    expect(yield* take(sys, b, 9)).toBe(-EAGAIN);
    expect(yield* take(sys, a, 9)).toBe(-EAGAIN);
    expect(yield* sys.write(a, 'x')).toBe(1);
    yield* take(sys, b, 9);
    yield* sys.shutdown(a, SHUT_WR);
    expect(yield* sys.send(a, 'x', MSG_NOSIGNAL)).toBe(-EPIPE);
    expect(yield* polled(sys, b)).toBe(WRITABLE);
  });
});

/** unix(7): SOCK_SEQPACKET keeps records and has an end. */
test('a sequenced-packet socket keeps records, and ends with 0 and EPIPE without a signal', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys, SOCK_SEQPACKET);
    yield* sys.write(a, 'one');
    yield* sys.write(a, 'two');
    expect(yield* ask(sys, b, FIONREAD)).toBe(6);
    expect(yield* take(sys, b, 2)).toBe('on');
    expect(yield* take(sys, b, 9)).toBe('two');
    yield* sys.close(a);
    expect(yield* take(sys, b, 9)).toBe('');
    expect(yield* sys.write(b, 'x')).toBe(-EPIPE);
  });
});

/** unix(7): SOCK_RAW is accepted, and is SOCK_DGRAM. */
test('SOCK_RAW makes a datagram socket', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys, SOCK_RAW);
    yield* sys.write(a, 'one');
    yield* sys.write(a, 'two');
    expect(yield* take(sys, b, 9)).toBe('one');
  });
});

/** unix(7), SO_PASSCRED: the receiver is to have an address to answer to. */
test.each([
  ['sendto()', 'sendto'],
  ['connect()', 'connect'],
] as const)('with SO_PASSCRED %s gives a socket that has none a name', (_, call) => {
  inMachine(function* (sys) {
    yield* bound(sys, '/srv');
    const fd = yield* sys.socket(AF_UNIX, SOCK_DGRAM);
    yield* sys.setsockopt(fd, SOL_SOCKET, SO_PASSCRED, 1);
    expect((yield* sys.getsockname(fd)).addr?.path).toBeUndefined();
    if (call === 'sendto') yield* sys.sendto(fd, 'x', 0, at('/srv'));
    else yield* sys.connect(fd, at('/srv'));
    expect((yield* sys.getsockname(fd)).addr?.path).toMatch(/^\0[0-9a-f]{5}$/);
  });
});
