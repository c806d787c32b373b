/** The life of a connection: how it ends, and who is told. */
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
import { SIGPIPE } from '../../../src/kernel/uapi/signal.ts';
import {
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SO_LINGER,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { Machine } from '../../../src/sim/machine.ts';
import type { Code } from '../../../src/syscalls/sys.ts';
import { inThread, pause, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { Recorder } from '../../support/trace.ts';
import * as net from './support.ts';

const { mask, pair, put, take } = net;
const { ECONNRESET, EINVAL, ENOTCONN, EPIPE } = err;

const ended = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
const over = ended | EPOLLHUP;
const broken = over | EPOLLERR;

/** How often epoll was called back. */
const callbacks = (trace: Recorder): number =>
  trace.calls.filter((fn) => fn === 'ep_poll_callback').length;

/** shutdown(2): SHUT_RD is told to nobody, SHUT_WR ends one direction, SHUT_RDWR the connection. */
test.each([
  ['SHUT_RD', SHUT_RD, ended, EPOLLOUT, 1, 1],
  ['SHUT_WR', SHUT_WR, EPOLLOUT, ended, -EPIPE, 1],
  ['SHUT_RDWR', SHUT_RDWR, over, ended, -EPIPE, 1],
])('after %s here: what is ready here and there, what a send is here and there', (...row) => {
  const [, how, here, there, sendHere, sendThere] = row;
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    expect(yield* sys.shutdown(a, how)).toBe(0);
    expect(yield* mask(sys, a)).toBe(here);
    expect(yield* mask(sys, b)).toBe(there);
    expect(yield* put(sys, a, 'x')).toBe(sendHere);
    expect(yield* put(sys, b, 'y')).toBe(sendThere);
  });
});

/** A proxy that shuts down for reading and does not close: the client may still send. */
test('after SHUT_RD data is still taken and read; after SHUT_RDWR it is answered by a reset', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.shutdown(a, SHUT_RD);
    expect(yield* take(sys, a, 9)).toBe('');
    yield* put(sys, b, 'late');
    expect(yield* take(sys, a, 9)).toBe('late');
    yield* sys.shutdown(a, SHUT_WR);
    yield* put(sys, b, 'too late');
    expect(yield* mask(sys, a)).toBe(broken);
    expect(yield* take(sys, b, 9)).toBe('');
    expect(yield* take(sys, a, 9)).toBe(-ECONNRESET);
  });
});

/** EPOLLHUP is both directions, whoever ended them. */
test('two ends that both shut down for writing hang up, and then are not connected', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    for (const fd of [a, b]) expect(yield* sys.shutdown(fd, SHUT_WR)).toBe(0);
    for (const fd of [a, b]) {
      expect(yield* mask(sys, fd)).toBe(over);
      expect(yield* sys.shutdown(fd, SHUT_WR)).toBe(-ENOTCONN);
    }
  });
});

/** Every call of a program that forgot to connect. */
test('a fresh socket is writable and hung up, and not connected', () => {
  inMachine(function* (sys) {
    const fd = yield* net.tcp(sys);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT | EPOLLHUP);
    expect(yield* take(sys, fd, 9)).toBe(-ENOTCONN);
    expect(yield* put(sys, fd, 'x')).toBe(-EPIPE);
    expect((yield* sys.getpeername(fd)).ret).toBe(-ENOTCONN);
    expect(yield* sys.accept4(fd, 0)).toBe(-EINVAL);
    expect(yield* sys.shutdown(fd, SHUT_RDWR)).toBe(-ENOTCONN);
    expect(yield* sys.shutdown(fd, 3)).toBe(-EINVAL);
  });
});

/** A server that answers a client which has gone: the first write succeeds, the second is EPIPE. */
test('a write to a closed peer is taken, and brings the reset that fails the next one', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.close(b);
    expect(yield* mask(sys, a)).toBe(ended);
    expect(yield* put(sys, a, 'x')).toBe(1);
    expect(yield* mask(sys, a)).toBe(broken);
    expect(yield* put(sys, a, 'x')).toBe(-EPIPE);
    expect(yield* net.soError(sys, a)).toBe(0);
    expect(yield* take(sys, a, 9)).toBe('');
  });
});

/** HTTP servers that answer an upload early and close: the client may never see the answer. */
test('a close with unread data resets: the peer reads what it has, and ECONNRESET once', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* put(sys, b, 'bye');
    yield* put(sys, a, 'unread');
    yield* sys.close(b);
    expect(yield* mask(sys, a)).toBe(broken);
    expect(yield* take(sys, a, 9)).toBe('bye');
    expect(yield* take(sys, a, 9)).toBe(-ECONNRESET);
    expect(yield* take(sys, a, 9)).toBe('');
    expect(yield* mask(sys, a)).toBe(over);
  });
});

/** socket(7), SO_LINGER with a time of 0. SO_ERROR is how an event loop finds out. */
test('SO_LINGER 0 resets, and SO_ERROR tells it once', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* net.reset(sys, b);
    expect(yield* net.soError(sys, a)).toBe(ECONNRESET);
    expect(yield* net.soError(sys, a)).toBe(0);
    expect(yield* mask(sys, a)).toBe(over);
    expect(yield* take(sys, a, 9)).toBe('');
    expect(yield* put(sys, a, 'x')).toBe(-EPIPE);
    expect((yield* sys.getpeername(a)).ret).toBe(-ENOTCONN);
  });
});

/** Edge-triggered loops are called more often than they have anything to do. */
test.each([
  ['data', 1, EPOLLIN | EPOLLOUT],
  ['SHUT_WR', 2, ended],
  ['close', 2, ended],
  ['reset', 2, broken],
])('%s of the peer is %i callbacks', (what, count, events) => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* watch(sys, a, EPOLLIN | EPOLLET);
    trace.calls.length = 0;
    if (what === 'data') yield* put(sys, b, 'x');
    else if (what === 'SHUT_WR') yield* sys.shutdown(b, SHUT_WR);
    else if (what === 'close') yield* sys.close(b);
    else yield* net.reset(sys, b);
    expect(callbacks(trace)).toBe(count);
    expect(yield* mask(sys, a)).toBe(events);
  }, trace.on());
});

/** An ET loop is told of its own shutdown, once at once and once when the peer has seen it. */
test('SHUT_WR is a callback here, and its acknowledgement is another', () => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const [a] = yield* pair(sys);
    yield* watch(sys, a, EPOLLIN | EPOLLET);
    trace.calls.length = 0;
    yield* sys.shutdown(a, SHUT_WR);
    expect(callbacks(trace)).toBe(1);
    yield* pause(sys);
    expect(callbacks(trace)).toBe(2);
  }, trace.on());
});

/** send(2), EPIPE: the signal that ends a server which does not ignore it. */
test('a write that fails with EPIPE raises SIGPIPE unless MSG_NOSIGNAL is given', () => {
  inMachine(function* (sys) {
    let signals = 0;
    const handler = function* (): Code<void> {
      signals++;
    };
    yield* sys.sigaction(SIGPIPE, { handler });
    const [a] = yield* pair(sys);
    yield* sys.shutdown(a, SHUT_WR);
    expect(yield* put(sys, a, 'x')).toBe(-EPIPE);
    expect(signals).toBe(0);
    expect(yield* sys.write(a, 'x')).toBe(-EPIPE);
    expect(signals).toBe(1);
  });
});

/** How a thread that is blocked in recv() is ended from outside. */
test.each([
  ['a reset', -ECONNRESET],
  ['the end of the stream', ''],
  ['shutdown of the own end', ''],
])('%s ends a blocked receive with %j', (what, result) => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    const done: unknown[] = [];
    yield* inThread(sys, done, (self) => net.await_(self, a, 9));
    yield* pause(sys);
    if (what === 'a reset') yield* net.reset(sys, b);
    else if (what === 'the end of the stream') yield* sys.close(b);
    else yield* sys.shutdown(a, SHUT_RD);
    yield* pause(sys);
    expect(done).toEqual([result]);
  });
});

/** socket(7), SO_LINGER: close() waits for the peer's acknowledgement, and gives up in the end. */
test('a lingering close waits until all is acknowledged, or for its time', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.setsockopt(a, SOL_SOCKET, SO_LINGER, 5);
    yield* put(sys, a, 'x');
    expect(yield* net.timed(sys, sys.close(a))).toEqual([0, 0]);
    expect(yield* take(sys, b, 9)).toBe('x');
    const [c, d] = yield* pair(sys);
    const sent = yield* put(sys, c, net.bytes(4_000_000));
    yield* sys.setsockopt(c, SOL_SOCKET, SO_LINGER, 1);
    expect(yield* net.timed(sys, sys.close(c))).toEqual([0, 1000]);
    let got = 0;
    for (let n = -1; n !== 0; got += n) n = yield* sys.read(d, net.bytes(1_000_000));
    expect(got).toBe(sent);
  });
});

/** A process that exits does not wait, whatever SO_LINGER says. Linux: 0 ms. */
test('SO_LINGER does not hold an exit up', () => {
  const machine = new Machine();
  machine.spawn(function* (sys) {
    const [a] = yield* pair(sys);
    yield* sys.setsockopt(a, SOL_SOCKET, SO_LINGER, 5);
    while ((yield* put(sys, a, net.bytes(65_536))) > 0);
    yield* sys.exit_group(0);
  });
  const start = machine.kernel.hrtimers.now_ns;
  machine.run();
  expect(machine.kernel.hrtimers.now_ns - start).toBeLessThan(1_000_000_000);
});
