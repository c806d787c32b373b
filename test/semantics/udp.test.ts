/** Event loops and UDP: datagrams, what becomes of those that nobody takes, and full buffers. */
import { expect, test } from 'vitest';
import { EAGAIN, ECONNREFUSED } from '../../src/kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
} from '../../src/kernel/uapi/eventpoll.ts';
import { IP_RECVERR, IPPROTO_IP } from '../../src/kernel/uapi/in.ts';
import {
  AF_INET,
  MSG_ERRQUEUE,
  MSG_MORE,
  SHUT_RD,
  SO_ERROR,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from '../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { pause, reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { parkAlone, readText, ready } from './scenes.ts';
import { at } from './tcp_scenes.ts';

const served = 5353;
/** A port that nobody is bound to. */
const deserted = 9;

const udpSocket = (sys: Sys): Code<number> => sys.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK);

/** A socket that sends to `port`. */
function* client(sys: Sys, port = served): Code<number> {
  const fd = yield* udpSocket(sys);
  yield* sys.connect(fd, at(port));
  return fd;
}

/** A client, and the server that it sends to. */
function* clientAndServer(sys: Sys): Code<[client: number, server: number]> {
  const server = yield* udpSocket(sys);
  yield* sys.bind(server, at(served));
  return [yield* client(sys), server];
}

/** A DNS server in ET that reads one request an event answers each client with the last one's. */
test('ET: each datagram is an edge, but two between two waits are one event', () => {
  inMachine(function* (sys) {
    const [near, server] = yield* clientAndServer(sys);
    const ep = yield* watch(sys, server, EPOLLIN | EPOLLET);
    yield* sys.send(near, 'a', 0);
    expect(yield* ready(sys, ep)).toEqual([server]);
    yield* sys.send(near, 'b', 0); // The first still waits.
    expect(yield* ready(sys, ep)).toEqual([server]);
    yield* sys.send(near, 'c', 0);
    yield* sys.send(near, 'd', 0);
    expect(yield* ready(sys, ep)).toEqual([server]);
    expect(yield* ready(sys, ep)).toEqual([]);
  });
});

/** An event loop that watches for both in ET is called back for its own writes. */
test('ET: each send over loopback is an event for EPOLLOUT', () => {
  inMachine(function* (sys) {
    const [near] = yield* clientAndServer(sys);
    const ep = yield* watch(sys, near, EPOLLIN | EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    for (let i = 0; i < 3; i++) {
      yield* sys.send(near, 'x', 0);
      expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
      expect(yield* reported(sys, ep)).toEqual([]);
    }
  });
});

/** A loop that takes 0 for the end of the input closes a server that was sent nothing. */
test('an empty datagram is an event, reads as 0, and is no end', () => {
  inMachine(function* (sys) {
    const [near, server] = yield* clientAndServer(sys);
    const ep = yield* watch(sys, server, EPOLLIN);
    yield* sys.send(near, '', 0);
    expect(yield* ready(sys, ep)).toEqual([server]);
    expect(yield* readText(sys, server)).toBe('');
    expect(yield* ready(sys, ep)).toEqual([]);
    yield* sys.send(near, 'more', 0);
    expect(yield* readText(sys, server)).toBe('more');
  });
});

/** What is not asked for is reported: a handler for EPOLLIN is called and finds an error to read. */
test('a refusal is EPOLLERR without being asked for, until anybody is told of it', () => {
  inMachine(function* (sys) {
    const fd = yield* client(sys, deserted);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* sys.send(fd, 'x', 0);
    expect(yield* reported(sys, ep)).toEqual([EPOLLERR]);
    expect(yield* reported(sys, ep)).toEqual([EPOLLERR]);
    expect(yield* readText(sys, fd)).toBe(-ECONNREFUSED);
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* readText(sys, fd)).toBe(-EAGAIN);
  });
});

/** The call that is told is any call: the datagram that it was to send is not sent. */
test('a refusal fails the next send, whoever that is meant for', () => {
  inMachine(function* (sys) {
    const [near, server] = yield* clientAndServer(sys);
    yield* sys.connect(near, at(deserted));
    yield* sys.send(near, 'lost', 0);
    yield* sys.connect(near, at(served));
    expect(yield* sys.send(near, 'not sent', 0)).toBe(-ECONNREFUSED);
    expect(yield* sys.send(near, 'sent', 0)).toBe(4);
    expect(yield* readText(sys, server)).toBe('sent');
  });
});

/** A loop that only asks for SO_ERROR spins. */
test('with IP_RECVERR only reading the error queue ends EPOLLERR', () => {
  inMachine(function* (sys) {
    const fd = yield* client(sys, deserted);
    yield* sys.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* sys.send(fd, 'x', 0);
    expect((yield* sys.getsockopt(fd, SOL_SOCKET, SO_ERROR)).value).toBe(ECONNREFUSED);
    expect(yield* reported(sys, ep)).toEqual([EPOLLERR]);
    expect(yield* sys.recv(fd, new Uint8Array(8), MSG_ERRQUEUE)).toBe(1);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** One-shot workers that do not re-arm after an error never hear of the socket again. */
test('EPOLLONESHOT: a refusal ends the arming as a datagram does', () => {
  inMachine(function* (sys) {
    const fd = yield* client(sys, deserted);
    const ep = yield* watch(sys, fd, EPOLLIN | EPOLLONESHOT);
    yield* sys.send(fd, 'x', 0);
    expect(yield* reported(sys, ep)).toEqual([EPOLLERR]);
    yield* sys.getsockopt(fd, SOL_SOCKET, SO_ERROR);
    yield* sys.send(fd, 'y', 0);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** A receiver that counts events counts less than was sent. */
test('ET: a datagram that the buffer has no room for is no event', () => {
  inMachine(function* (sys) {
    const [near, server] = yield* clientAndServer(sys);
    yield* sys.setsockopt(server, SOL_SOCKET, SO_RCVBUF, 0); // Room for two.
    const ep = yield* watch(sys, server, EPOLLIN | EPOLLET);
    for (const expected of [[server], [server], [], []]) {
      expect(yield* sys.send(near, 'x', 0)).toBe(1);
      expect(yield* ready(sys, ep)).toEqual(expected);
    }
  });
});

/** Not the network but the program's own cork makes a datagram socket unwritable. */
test('EPOLLOUT ends where half of the send buffer is kept back, and comes with the last part', () => {
  inMachine(function* (sys) {
    const [near] = yield* clientAndServer(sys);
    yield* sys.setsockopt(near, SOL_SOCKET, SO_SNDBUF, 0);
    const ep = yield* watch(sys, near, EPOLLOUT);
    yield* sys.send(near, new Uint8Array(3000), MSG_MORE);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* sys.send(near, 'end', 0);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** Who is woken by one datagram, of three threads that watch the server. */
function* wokenBy(sys: Sys, events: number): Code<string[]> {
  const [near, server] = yield* clientAndServer(sys);
  const woken: string[] = [];
  for (const name of ['t1', 't2', 't3']) yield* parkAlone(sys, server, woken, name, events);
  yield* sys.send(near, 'x', 0);
  yield* pause(sys);
  return woken.map((told) => told.slice(0, 2)).sort();
}

/** Workers that share a socket, each with an epoll of its own. */
test('a datagram wakes every thread that watches the socket, with EPOLLEXCLUSIVE the first', () => {
  inMachine(function* (sys) {
    expect(yield* wokenBy(sys, EPOLLIN)).toEqual(['t1', 't2', 't3']);
  });
  inMachine(function* (sys) {
    expect(yield* wokenBy(sys, EPOLLIN | EPOLLEXCLUSIVE)).toEqual(['t1']);
  });
});

/** shutdown() of a socket without a peer fails, and wakes everybody: a way to stop a server. */
test('SHUT_RD wakes who waits for datagrams, although the call fails', () => {
  inMachine(function* (sys) {
    const [, server] = yield* clientAndServer(sys);
    const woken: string[] = [];
    yield* parkAlone(sys, server, woken, 't1');
    expect(yield* sys.shutdown(server, SHUT_RD)).toBeLessThan(0);
    yield* pause(sys);
    expect(woken).toEqual([`t1: ${server}`]);
  });
});
