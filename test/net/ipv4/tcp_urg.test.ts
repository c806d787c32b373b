import { expect, test } from 'vitest';
import { EAGAIN, EINVAL } from '../../../src/kernel/uapi/errno.ts';
import {
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from '../../../src/kernel/uapi/eventpoll.ts';
import { MSG_OOB, MSG_PEEK, SO_OOBINLINE, SOL_SOCKET } from '../../../src/kernel/uapi/socket.ts';
import { SIOCATMARK } from '../../../src/kernel/uapi/sockios.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import * as net from './support.ts';

const { ask, mask, pair, put, take } = net;

/** The urgent byte, or -errno. */
const urgent = (sys: Sys, fd: number, flags = 0): Code<string | number> =>
  take(sys, fd, 1, MSG_OOB | flags);
const atMark = (sys: Sys, fd: number): Code<number> => ask(sys, fd, SIOCATMARK);

/** tcp(7): of an urgent send the last byte is urgent, and it is not among the others. */
test('the last byte of an urgent send is received once, and by MSG_OOB', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    expect(yield* urgent(sys, b)).toBe(-EINVAL);
    yield* put(sys, a, 'abc', MSG_OOB);
    expect(yield* mask(sys, b)).toBe(EPOLLIN | EPOLLPRI | EPOLLOUT);
    expect(yield* net.inq(sys, b)).toBe(2);
    expect(yield* urgent(sys, b, MSG_PEEK)).toBe('c');
    expect(yield* urgent(sys, b)).toBe('c');
    expect(yield* urgent(sys, b)).toBe(-EINVAL);
    expect(yield* mask(sys, b)).toBe(EPOLLIN | EPOLLOUT);
    expect(yield* take(sys, b, 9)).toBe('ab');
    expect(yield* take(sys, b, 9)).toBe(-EAGAIN);
  });
});

/** tcp(7), SIOCATMARK: a reader throws away what stands before the mark. */
test('a read stops at the mark, and the read behind it takes the urgent byte away', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* put(sys, a, 'abc', MSG_OOB);
    yield* put(sys, a, 'def');
    expect(yield* atMark(sys, b)).toBe(0);
    expect(yield* take(sys, b, 9)).toBe('ab');
    expect(yield* atMark(sys, b)).toBe(1);
    expect(yield* mask(sys, b)).toBe(EPOLLIN | EPOLLPRI | EPOLLOUT);
    expect(yield* net.inq(sys, b)).toBe(0);
    expect(yield* take(sys, b, 9)).toBe('def');
    expect(yield* mask(sys, b)).toBe(EPOLLOUT);
    expect(yield* urgent(sys, b)).toBe(-EINVAL);
  });
});

/** socket(7), SO_OOBINLINE: the byte is data like all others, behind a mark. */
test('with SO_OOBINLINE the urgent byte is read in its place', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.setsockopt(b, SOL_SOCKET, SO_OOBINLINE, 1);
    yield* put(sys, a, 'abc', MSG_OOB);
    yield* put(sys, a, 'def');
    expect(yield* urgent(sys, b)).toBe(-EINVAL);
    expect(yield* net.inq(sys, b)).toBe(6);
    expect(yield* take(sys, b, 9)).toBe('ab');
    expect(yield* mask(sys, b)).toBe(EPOLLIN | EPOLLPRI | EPOLLOUT);
    expect(yield* take(sys, b, 9)).toBe('cdef');
    expect(yield* mask(sys, b)).toBe(EPOLLOUT);
  });
});

/** One urgent byte at a time: an earlier one that nobody has taken is lost. */
test('a second urgent byte replaces the first', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* put(sys, a, 'a', MSG_OOB);
    expect(yield* mask(sys, b)).toBe(EPOLLPRI | EPOLLOUT);
    yield* put(sys, a, 'b', MSG_OOB);
    expect(yield* urgent(sys, b)).toBe('b');
    expect(yield* take(sys, b, 9)).toBe(-EAGAIN);
    expect(yield* mask(sys, b)).toBe(EPOLLOUT);
  });
});

/** telnet and rlogin wait for EPOLLPRI; taking the byte is what ends it. */
test('an urgent byte is an edge for EPOLLPRI, and stays when the peer closes', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    const ep = yield* watch(sys, b, EPOLLPRI | EPOLLET);
    yield* put(sys, a, 'x', MSG_OOB);
    expect(yield* reported(sys, ep)).toEqual([EPOLLPRI]);
    yield* sys.close(a);
    expect(yield* mask(sys, b)).toBe(EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP);
    expect(yield* urgent(sys, b)).toBe('x');
    expect(yield* take(sys, b, 9)).toBe('');
    expect(yield* mask(sys, b)).toBe(EPOLLIN | EPOLLOUT | EPOLLRDHUP);
  });
});
