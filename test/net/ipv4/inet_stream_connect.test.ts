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
import { F_SETFL, O_NONBLOCK } from '../../../src/kernel/uapi/fcntl.ts';
import { IPPROTO_TCP } from '../../../src/kernel/uapi/in.ts';
import { SIGUSR1 } from '../../../src/kernel/uapi/signal.ts';
import { AF_UNIX, AF_UNSPEC, SHUT_WR, SOCK_NONBLOCK } from '../../../src/kernel/uapi/socket.ts';
import { TCP_SYNCNT, TCP_USER_TIMEOUT } from '../../../src/kernel/uapi/tcp.ts';
import type { Code } from '../../../src/syscalls/sys.ts';
import { inThread, pause, reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { Recorder } from '../../support/trace.ts';
import * as net from './support.ts';

const { deadEnd, dial, listener, mask, put, take } = net;
const { EALREADY, ECONNABORTED, ECONNREFUSED, EINPROGRESS, EINTR, EISCONN, ENOTCONN, ETIMEDOUT } =
  err;

/** connect(2), EINPROGRESS: event loops then wait for EPOLLOUT, and call again or ask SO_ERROR. */
test('a connect that does not block is EINPROGRESS, then 0 once, then EISCONN', () => {
  inMachine(function* (sys) {
    const [, addr] = yield* listener(sys);
    const [ret, fd] = yield* dial(sys, addr, SOCK_NONBLOCK);
    expect(ret).toBe(-EINPROGRESS);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT);
    expect(yield* sys.connect(fd, addr)).toBe(0);
    expect(yield* sys.connect(fd, addr)).toBe(-EISCONN);
  });
});

/** A socket that is added to epoll before connect() has OUT|HUP, and gets another edge. */
test('the end of the handshake is an edge', () => {
  inMachine(function* (sys) {
    const [, addr] = yield* listener(sys);
    const fd = yield* net.tcp(sys, SOCK_NONBLOCK);
    const ep = yield* watch(sys, fd, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT | EPOLLHUP]);
    yield* sys.connect(fd, addr);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** connect(2), ECONNREFUSED: a blocking caller may try another address with the same socket. */
test('a blocking connect that is refused leaves no error and can be repeated', () => {
  inMachine(function* (sys) {
    const [, addr] = yield* listener(sys);
    const [ret, fd] = yield* dial(sys, yield* deadEnd(sys));
    expect(ret).toBe(-ECONNREFUSED);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT | EPOLLHUP);
    expect(yield* net.soError(sys, fd)).toBe(0);
    expect(yield* sys.connect(fd, addr)).toBe(0);
  });
});

/** getsockopt(SO_ERROR) takes the error away from the connect() that would have told it. */
test('a refusal that SO_ERROR has told makes the next connect ECONNABORTED', () => {
  inMachine(function* (sys) {
    const [, addr] = yield* listener(sys);
    const dead = yield* deadEnd(sys);
    const [ret, fd] = yield* dial(sys, dead, SOCK_NONBLOCK);
    expect(ret).toBe(-EINPROGRESS);
    const over = EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDHUP;
    expect(yield* mask(sys, fd)).toBe(over | EPOLLERR);
    expect(yield* net.soError(sys, fd)).toBe(ECONNREFUSED);
    expect(yield* mask(sys, fd)).toBe(over);
    expect(yield* take(sys, fd, 1)).toBe('');
    expect(yield* sys.connect(fd, addr)).toBe(-ECONNABORTED);
    const [, other] = yield* dial(sys, dead, SOCK_NONBLOCK);
    expect(yield* sys.connect(other, addr)).toBe(-ECONNREFUSED);
    expect(yield* sys.connect(other, addr)).toBe(-EINPROGRESS);
  });
});

/** With a full accept queue the SYN is dropped: nothing is ready, and data can be neither sent. */
test('while the peer does not answer, connect is EALREADY and nothing is ready', () => {
  inMachine(function* (sys) {
    const [, addr] = yield* listener(sys, 0);
    yield* dial(sys, addr);
    const [, fd] = yield* dial(sys, addr, SOCK_NONBLOCK);
    expect(yield* mask(sys, fd)).toBe(0);
    expect(yield* sys.connect(fd, addr)).toBe(-EALREADY);
    expect(yield* take(sys, fd, 1)).toBe(-err.EAGAIN);
    expect(yield* put(sys, fd, 'x')).toBe(-err.EAGAIN);
    expect((yield* sys.getpeername(fd)).ret).toBe(-ENOTCONN);
  });
});

/** connect(2), EINTR: the handshake goes on by itself, and calling again does not start another. */
test('a signal ends a blocking connect with EINTR, and the next one is EALREADY', () => {
  inMachine(function* (sys) {
    const [, addr] = yield* listener(sys, 0);
    yield* dial(sys, addr);
    yield* sys.sigaction(SIGUSR1, { handler: function* (): Code<void> {} });
    const done: unknown[] = [];
    const fd = yield* net.tcp(sys);
    const tid = yield* inThread(sys, done, (self) => self.connect(fd, addr));
    yield* pause(sys);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR1);
    yield* pause(sys);
    expect(done).toEqual([-EINTR]);
    yield* sys.fcntl(fd, F_SETFL, O_NONBLOCK);
    expect(yield* sys.connect(fd, addr)).toBe(-EALREADY);
  });
});

/** RFC 793: a port that calls itself connects to itself; retry loops on a dead port meet it. */
test('a socket that calls its own address talks to itself', () => {
  inMachine(function* (sys) {
    const fd = yield* net.tcp(sys);
    yield* sys.bind(fd, net.at(0));
    const addr = yield* net.addressOf(sys, fd);
    expect(yield* sys.connect(fd, addr)).toBe(0);
    expect((yield* sys.getpeername(fd)).addr).toEqual(addr);
    yield* sys.write(fd, 'echo');
    expect(yield* take(sys, fd, 9)).toBe('echo');
    yield* sys.shutdown(fd, SHUT_WR);
    expect(yield* take(sys, fd, 9)).toBe('');
  });
});

/** connect(2): AF_UNSPEC dissolves the association. It is a reset for the peer. */
test('connect to AF_UNSPEC resets the connection and frees the socket for another', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys);
    const [, fd] = yield* dial(sys, addr);
    const peer = yield* sys.accept4(l, 0);
    expect(yield* sys.connect(fd, { family: AF_UNSPEC })).toBe(0);
    expect((yield* sys.getpeername(fd)).ret).toBe(-ENOTCONN);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT | EPOLLERR | EPOLLHUP);
    expect(yield* take(sys, peer, 9)).toBe(-err.ECONNRESET);
    expect(yield* sys.connect(fd, addr)).toBe(0);
  });
});

/** ip(7): a client that is bound to one of several loopback addresses, and calls 0.0.0.0. */
test('connect to INADDR_ANY calls the address that the socket is bound to', () => {
  inMachine(function* (sys) {
    const fd = yield* net.tcp(sys);
    yield* sys.bind(fd, net.at(5000, 0x7f00_0002));
    expect(yield* sys.connect(fd, net.at(5000, 0))).toBe(0);
    const self = { ret: 0, addr: net.at(5000, 0x7f00_0002) };
    expect(yield* sys.getpeername(fd)).toEqual(self);
  });
});

/** Clients that give up early: 2^n - 1 s, whatever the first retransmissions are spaced like. */
test.each([
  ['TCP_SYNCNT', TCP_SYNCNT, 1, 3000],
  ['TCP_SYNCNT', TCP_SYNCNT, 2, 7000],
  ['TCP_USER_TIMEOUT', TCP_USER_TIMEOUT, 1500, 1500],
  ['TCP_USER_TIMEOUT', TCP_USER_TIMEOUT, 300, 1001],
])('with %s (%i) of %i a call that nobody answers is given up after %i ms', (...row) => {
  const [, name, value, after] = row;
  inMachine(function* (sys) {
    const [, addr] = yield* net.listener(sys, 0);
    yield* dial(sys, addr);
    const fd = yield* net.tcp(sys);
    yield* sys.setsockopt(fd, IPPROTO_TCP, name, value);
    expect(yield* net.timed(sys, sys.connect(fd, addr))).toEqual([-ETIMEDOUT, after]);
  });
});

/** connect(2), ERRORS. */
test('connect of a listener is EISCONN, of another family EAFNOSUPPORT', () => {
  inMachine(function* (sys) {
    const [l, addr] = yield* listener(sys);
    expect(yield* sys.connect(l, addr)).toBe(-EISCONN);
    expect((yield* dial(sys, { family: AF_UNIX, path: '/x' }))[0]).toBe(-err.EAFNOSUPPORT);
  });
});

/** The loopback device receives on top of its sender, who still owns the socket. */
test('the answer to a SYN waits in the backlog until connect gives the socket back', () => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [, addr] = yield* listener(sys);
    yield* dial(sys, addr, SOCK_NONBLOCK);
    const steps = ['tcp_connect', 'tcp_conn_request', 'tcp_finish_connect', 'tcp_v4_syn_recv_sock'];
    expect(trace.calls.filter((fn) => steps.includes(fn))).toEqual(steps);
    const waits = trace.lines.indexOf('note tcp_v4_rcv: the socket is owned, to the backlog');
    expect(waits).toBeGreaterThan(trace.lines.indexOf('enter tcp_conn_request'));
    expect(waits).toBeLessThan(trace.lines.indexOf('enter tcp_finish_connect'));
  }, trace.on());
});
