import { expect, test } from 'vitest';
import * as err from '../../../src/kernel/uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
} from '../../../src/kernel/uapi/eventpoll.ts';
import { IPPROTO_TCP } from '../../../src/kernel/uapi/in.ts';
import { SHUT_RD, SHUT_WR, SOCK_NONBLOCK } from '../../../src/kernel/uapi/socket.ts';
import { TCP_DEFER_ACCEPT, TCP_SYNCNT } from '../../../src/kernel/uapi/tcp.ts';
import { inThread, pause, reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { Recorder } from '../../support/trace.ts';
import * as net from './support.ts';

const { dial, listener, mask, put, take } = net;
const { EAGAIN, ECONNRESET, EINVAL, ENOTCONN, EPIPE, ETIMEDOUT } = err;

/** accept(2): a pool of threads that all block in accept() is woken one for each connection. */
test('a connection wakes one accept, the one that waits longest', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys);
    const done: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      yield* sys.pthread_create(function* (self) {
        yield* self.accept4(l, 0);
        done.push(name);
      });
      yield* pause(sys);
    }
    for (const expected of [['first'], ['first', 'second'], ['first', 'second', 'third']]) {
      yield* dial(sys, addr);
      yield* pause(sys);
      expect(done).toEqual(expected);
    }
  });
});

/** Accept loops that stop at EAGAIN depend on an edge for each connection that comes after. */
test('each connection is an edge at the listener, and accept takes them in order', () => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys, 8, SOCK_NONBLOCK);
    yield* watch(sys, l, EPOLLIN | EPOLLET);
    const ports: unknown[] = [];
    for (let i = 1; i <= 3; i++) {
      const [, fd] = yield* dial(sys, addr);
      ports.push((yield* net.addressOf(sys, fd)).port);
      expect(trace.calls.filter((fn) => fn === 'ep_poll_callback')).toHaveLength(i);
    }
    for (const port of ports) {
      const fd = yield* sys.accept4(l, 0);
      expect((yield* sys.getpeername(fd)).addr?.port).toBe(port);
    }
    expect(yield* sys.accept4(l, 0)).toBe(-EAGAIN);
    expect(yield* mask(sys, l)).toBe(0);
  }, trace.on());
});

/** listen(2): a client of a busy server sees a connect that takes a second longer, and no error. */
test('one more than the backlog is accepted; the next SYN is dropped and sent again after 1 s', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys, 1);
    for (let i = 0; i < 2; i++) expect((yield* dial(sys, addr))[0]).toBe(0);
    const [, fd] = yield* dial(sys, addr, SOCK_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLOUT);
    yield* pause(sys, 500);
    yield* sys.accept4(l, 0);
    const [events, ms] = yield* net.timed(sys, sys.epoll_wait(ep, 1, -1));
    expect([...events]).toEqual([{ events: EPOLLOUT, data: fd }]);
    expect(ms).toBe(500);
  });
});

/** A server that restarts: whoever waits to be accepted is reset. */
test('closing a listener resets the connections that nobody has accepted', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys);
    const [, fd] = yield* dial(sys, addr);
    yield* sys.close(l);
    expect(yield* mask(sys, fd)).toBe(EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    expect(yield* take(sys, fd, 9)).toBe(-ECONNRESET);
    expect(yield* take(sys, fd, 9)).toBe('');
    expect(yield* put(sys, fd, 'x')).toBe(-EPIPE);
  });
});

/** shutdown(2) of a listener is how a thread in accept() is ended from outside. */
test('SHUT_RD of a listener ends a blocked accept with EINVAL, and listen revives it', () => {
  inMachine(function* (sys) {
    const [l] = yield* listener(sys);
    const done: unknown[] = [];
    yield* inThread(sys, done, (self) => self.accept4(l, 0));
    yield* pause(sys);
    yield* sys.shutdown(l, SHUT_RD);
    yield* pause(sys);
    expect(done).toEqual([-EINVAL]);
    expect(yield* mask(sys, l)).toBe(EPOLLOUT | EPOLLHUP);
    expect(yield* sys.listen(l, 1)).toBe(0);
    expect(yield* mask(sys, l)).toBe(0);
    expect((yield* dial(sys, yield* net.addressOf(sys, l)))[0]).toBe(0);
  });
});

/** inet_put_port(): a port that the kernel has chosen is given back, one that was asked for stays. */
test.each([
  [0, -err.ECONNREFUSED],
  [5000, 0],
])(
  'after SHUT_RD and listen a listener bound to %i has its port again: connect is %i',
  (...row) => {
    const [port, result] = row;
    inMachine(function* (sys) {
      const l = yield* net.tcp(sys);
      yield* sys.bind(l, net.at(port));
      const addr = yield* net.addressOf(sys, l);
      yield* sys.listen(l, 1);
      yield* sys.shutdown(l, SHUT_RD);
      expect((yield* dial(sys, addr))[0]).toBe(-err.ECONNREFUSED);
      yield* sys.listen(l, 1);
      expect((yield* dial(sys, addr))[0]).toBe(result);
    });
  },
);

/** shutdown() before listen() fails with ENOTCONN, and yet leaves its mark on what is accepted. */
test.each([
  ['SHUT_RD', SHUT_RD, EPOLLIN | EPOLLOUT | EPOLLRDHUP, EPOLLOUT],
  ['SHUT_WR', SHUT_WR, EPOLLOUT, EPOLLIN | EPOLLOUT | EPOLLRDHUP],
])('a socket that was shut down with %s (%i) and then listens: %i there, %i here', (...row) => {
  const [, how, there, here] = row;
  inMachine(function* (sys) {
    const l = yield* net.tcp(sys);
    yield* sys.bind(l, net.at(5000));
    expect(yield* sys.shutdown(l, how)).toBe(-err.ENOTCONN);
    yield* sys.listen(l, 1);
    const [, client] = yield* dial(sys, net.at(5000));
    const server = yield* sys.accept4(l, 0);
    expect(yield* net.mask(sys, server)).toBe(there);
    expect(yield* net.mask(sys, client)).toBe(here);
  });
});

/** listen(2), ERRORS; and a server that finds its backlog too small while it runs. */
test('listen again changes the backlog, and a connected socket cannot listen', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys, 0);
    const [, fd] = yield* dial(sys, addr);
    expect(yield* sys.listen(fd, 1)).toBe(-EINVAL);
    expect(yield* sys.accept4(fd, 0)).toBe(-EINVAL);
    expect(yield* sys.listen(l, 1)).toBe(0);
    expect((yield* dial(sys, addr, 0))[0]).toBe(0);
    expect(yield* take(sys, l, 9)).toBe(-ENOTCONN);
    expect(yield* put(sys, l, 'x')).toBe(-EPIPE);
  });
});

/** tcp(7), TCP_DEFER_ACCEPT: an HTTP server is woken only when there is a request to read. */
test('with TCP_DEFER_ACCEPT a listener is ready when data has come', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys, 8, SOCK_NONBLOCK);
    yield* sys.setsockopt(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5);
    expect((yield* sys.getsockopt(l, IPPROTO_TCP, TCP_DEFER_ACCEPT)).value).toBe(7);
    const ep = yield* watch(sys, l, EPOLLIN);
    const [ret, fd] = yield* dial(sys, addr);
    expect(ret).toBe(0);
    expect(yield* reported(sys, ep)).toEqual([]);
    expect(yield* sys.accept4(l, 0)).toBe(-EAGAIN);
    yield* put(sys, fd, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* take(sys, yield* sys.accept4(l, 0), 9)).toBe('x');
  });
});

/** A client that leaves before it was accepted is accepted all the same. */
test('a connection that the client has closed is accepted, with its data and its end', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys);
    const [, fd] = yield* dial(sys, addr);
    yield* put(sys, fd, 'hello');
    yield* sys.close(fd);
    const server = yield* sys.accept4(l, 0);
    expect(yield* take(sys, server, 9)).toBe('hello');
    expect(yield* take(sys, server, 9)).toBe('');
  });
});

/** A busy server without cookies: a SYN that finds the SYN queue full is dropped; with them it is not. */
test.each([
  [0, -ETIMEDOUT],
  [1, 0],
])('with tcp_syncookies %i a SYN that finds the SYN queue full ends in %i', (cookies, expected) => {
  inMachine(
    function* (sys) {
      const [l, addr] = yield* listener(sys, 0);
      yield* sys.setsockopt(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, 100); // The first stays in the SYN queue.
      yield* dial(sys, addr, SOCK_NONBLOCK);
      const fd = yield* net.tcp(sys);
      yield* sys.setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, 1);
      expect(yield* sys.connect(fd, addr)).toBe(expected);
    },
    { sysctls: { 'net/ipv4/tcp_syncookies': cookies } },
  );
});

/**
 * tcp(7), tcp_abort_on_overflow. Two requests, and room for one connection. Linux: the second, whose
 * request was a cookie, does not wait for data; the first one's data then finds no room.
 */
test.each([
  [0, 0],
  [1, ECONNRESET],
])('with tcp_abort_on_overflow %i a connection that finds no room has the error %i', (...row) => {
  const [abort, expected] = row;
  inMachine(
    function* (sys) {
      const [l, addr] = yield* listener(sys, 0);
      yield* sys.setsockopt(l, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5);
      const [, first] = yield* dial(sys, addr);
      yield* dial(sys, addr);
      expect(yield* mask(sys, l)).toBe(EPOLLIN);
      yield* put(sys, first, 'x');
      yield* pause(sys);
      expect(yield* net.soError(sys, first)).toBe(expected);
    },
    { sysctls: { 'net/ipv4/tcp_abort_on_overflow': abort } },
  );
});
