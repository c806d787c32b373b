import { expect, test } from 'vitest';
import { EAGAIN, EINTR } from '../../../src/kernel/uapi/errno.ts';
import { SIGUSR1 } from '../../../src/kernel/uapi/signal.ts';
import {
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SHUT_WR,
  SO_PEEK_OFF,
  SO_RCVLOWAT,
  SO_RCVTIMEO,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { SOL_TCP, TCP_CM_INQ, TCP_INQ } from '../../../src/kernel/uapi/tcp.ts';
import type { Code } from '../../../src/syscalls/sys.ts';
import { inThread, pause, timeval } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import * as net from './support.ts';

const { await_, bytes, pair, put, take } = net;

/** A protocol that takes writes for messages. */
test('bytes of several writes are read together, and what is not read stays', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* put(sys, a, 'abc');
    yield* put(sys, a, 'def');
    expect(yield* net.inq(sys, b)).toBe(6);
    expect(yield* take(sys, b, 5, MSG_PEEK)).toBe('abcde');
    expect(yield* take(sys, b, 4)).toBe('abcd');
    expect(yield* take(sys, b, 9)).toBe('ef');
    expect(yield* take(sys, b, 9)).toBe(-EAGAIN);
  });
});

/** tcp(7), MSG_TRUNC: the bytes are dropped instead of copied. */
test('MSG_TRUNC throws bytes away', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* put(sys, a, 'abcdef');
    const buf = bytes(4);
    expect(yield* sys.recv(b, buf, MSG_TRUNC)).toBe(4);
    expect([...buf]).toEqual([0, 0, 0, 0]);
    expect(yield* take(sys, b, 9)).toBe('ef');
  });
});

/** recv(2), MSG_WAITALL: records of a fixed size; the end of the stream ends the wait. */
test.each([
  ['the rest', 'abcd'],
  ['the end', 'ab'],
])('MSG_WAITALL waits for all bytes: %s comes', (what, result) => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    const done: unknown[] = [];
    yield* inThread(sys, done, (self) => await_(self, b, 4, MSG_WAITALL));
    yield* put(sys, a, 'ab');
    yield* pause(sys);
    expect(done).toEqual([]);
    if (what === 'the end') yield* sys.close(a);
    else yield* put(sys, a, 'cdef');
    yield* pause(sys);
    expect(done).toEqual([result]);
  });
});

/** socket(7), SO_PEEK_OFF: parsers that look ahead without taking. */
test('SO_PEEK_OFF lets peeks go on where they stopped, and reads take it back', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    expect(yield* sys.setsockopt(b, SOL_SOCKET, SO_PEEK_OFF, 2)).toBe(0);
    yield* put(sys, a, 'abcdef');
    expect(yield* take(sys, b, 2, MSG_PEEK)).toBe('cd');
    expect(yield* take(sys, b, 2, MSG_PEEK)).toBe('ef');
    expect(yield* take(sys, b, 3)).toBe('abc');
    expect((yield* sys.getsockopt(b, SOL_SOCKET, SO_PEEK_OFF)).value).toBe(3);
    expect(yield* take(sys, b, 9, MSG_PEEK)).toBe(-EAGAIN);
  });
});

/** socket(7), SO_RCVTIMEO: a client's request timeout. */
test('SO_RCVTIMEO bounds a receive, which gives what has come by then', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.setsockopt(b, SOL_SOCKET, SO_RCVTIMEO, timeval(40));
    expect(yield* net.timed(sys, await_(sys, b, 9))).toEqual([-EAGAIN, 40]);
    yield* put(sys, a, 'ab');
    expect(yield* net.timed(sys, await_(sys, b, 9, MSG_WAITALL))).toEqual(['ab', 40]);
  });
});

/** socket(7), SO_RCVLOWAT: a blocking read returns no less. */
test('a blocked read goes on when SO_RCVLOWAT bytes are there', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.setsockopt(b, SOL_SOCKET, SO_RCVLOWAT, 3);
    const done: unknown[] = [];
    yield* inThread(sys, done, (self) => await_(self, b, 9));
    yield* pause(sys);
    yield* put(sys, a, 'ab');
    yield* pause(sys);
    expect(done).toEqual([]);
    yield* put(sys, a, 'c');
    yield* pause(sys);
    expect(done).toEqual(['abc']);
  });
});

/** tcp_data_ready() counts what is queued, not what a sleeping reader has taken already. */
test('a read that has taken less than SO_RCVLOWAT sleeps until that much comes anew', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.setsockopt(b, SOL_SOCKET, SO_RCVLOWAT, 3);
    yield* put(sys, a, 'ab');
    const done: unknown[] = [];
    yield* inThread(sys, done, (self) => await_(self, b, 9));
    yield* pause(sys);
    for (const more of ['c', 'd']) yield* put(sys, a, more);
    yield* pause(sys);
    expect(done).toEqual([]);
    yield* put(sys, a, 'e');
    yield* pause(sys);
    expect(done).toEqual(['abcde']);
  });
});

/** signal(7): what has been received already is not lost to EINTR. */
test.each([
  ['', -EINTR],
  ['ab', 'ab'],
])('a signal ends MSG_WAITALL with what has come: of %j, %j', (sent, result) => {
  inMachine(function* (sys) {
    yield* sys.sigaction(SIGUSR1, { handler: function* (): Code<void> {} });
    const [a, b] = yield* pair(sys);
    const done: unknown[] = [];
    const tid = yield* inThread(sys, done, (self) => await_(self, b, 4, MSG_WAITALL));
    yield* pause(sys);
    if (sent !== '') yield* put(sys, a, sent);
    yield* pause(sys);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR1);
    yield* pause(sys);
    expect(done).toEqual([result]);
  });
});

/** The receive buffer grows with what a reader takes (tcp_rcv_space_adjust). */
test('a reader that keeps up is given a larger window', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* put(sys, a, bytes(3_000_000));
    expect(yield* net.inq(sys, b)).toBe(127_973);
    for (let got = 0; got < 1_000_000; ) got += yield* sys.read(b, bytes(100_000));
    yield* pause(sys);
    expect(yield* net.inq(sys, b)).toBeGreaterThan(500_000);
  });
});

/** tcp(7), TCP_INQ: a reader learns what is left without another call; 1 behind the end. */
test('TCP_INQ tells with each message how many bytes are left', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.setsockopt(b, SOL_TCP, TCP_INQ, 1);
    yield* put(sys, a, 'hello');
    yield* sys.shutdown(a, SHUT_WR);
    const left: unknown[] = [];
    for (const len of [2, 3, 1]) {
      const msg = { msg_iov: [net.bytes(len)], msg_control: [] };
      yield* sys.recvmsg(b, msg, 0);
      left.push(msg.msg_control);
    }
    const inq = (data: number) => [{ level: SOL_TCP, type: TCP_CM_INQ, data }];
    expect(left).toEqual([inq(4), inq(1), inq(1)]);
  });
});
