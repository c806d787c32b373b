import { expect, test } from 'vitest';
import { EAGAIN, ECONNRESET, EINVAL, EOPNOTSUPP } from '../../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLIN, EPOLLPRI } from '../../../src/kernel/uapi/eventpoll.ts';
import { FIONREAD } from '../../../src/kernel/uapi/ioctls.ts';
import {
  MSG_OOB,
  MSG_PEEK,
  SO_ERROR,
  SO_OOBINLINE,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { SIOCATMARK } from '../../../src/kernel/uapi/sockios.ts';
import { reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { ask, outq, pair, take } from './support.ts';

/** unix(7), MSG_OOB (since 5.15): the last byte of the send is the urgent one. */
test('a read stops at the mark, and the next one drops the marked byte', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    expect(yield* sys.send(a, 'abc', MSG_OOB)).toBe(3);
    yield* sys.write(a, 'de');
    expect(yield* ask(sys, b, SIOCATMARK)).toBe(0);
    expect(yield* take(sys, b, 9)).toBe('ab');
    expect(yield* ask(sys, b, SIOCATMARK)).toBe(1);
    expect(yield* take(sys, b, 9)).toBe('de');
    expect(yield* take(sys, b, 1, MSG_OOB)).toBe(-EINVAL);
  });
});

/** A byte that was taken by MSG_OOB leaves a mark at which reads still stop. */
test('MSG_OOB takes the marked byte out of turn, once', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.send(a, 'abC', MSG_OOB);
    yield* sys.write(a, 'de');
    expect(yield* take(sys, b, 9, MSG_OOB | MSG_PEEK)).toBe('C');
    expect(yield* take(sys, b, 9, MSG_OOB)).toBe('C');
    expect(yield* take(sys, b, 9, MSG_OOB)).toBe(-EINVAL);
    expect(yield* take(sys, b, 9)).toBe('ab');
    expect(yield* take(sys, b, 9)).toBe('de');
  });
});

/** Programs that ask for SO_OOBINLINE want the byte in its place, and the mark by ioctl(). */
test('with SO_OOBINLINE a read stops before the mark, then goes on with it', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.setsockopt(b, SOL_SOCKET, SO_OOBINLINE, 1);
    yield* sys.send(a, 'abC', MSG_OOB);
    yield* sys.write(a, 'de');
    expect(yield* take(sys, b, 9, MSG_OOB)).toBe(-EINVAL);
    expect(yield* take(sys, b, 9)).toBe('ab');
    expect(yield* ask(sys, b, SIOCATMARK)).toBe(1);
    expect(yield* take(sys, b, 9)).toBe('Cde');
  });
});

/** Only the last mark counts: the byte of an earlier one is an ordinary byte again. */
test('a second MSG_OOB turns the first one into data', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.send(a, 'aX', MSG_OOB);
    yield* sys.send(a, 'bY', MSG_OOB);
    expect(yield* take(sys, b, 9, MSG_OOB)).toBe('Y');
    expect(yield* take(sys, b, 9)).toBe('aXb');
  });
});

/** select(2)'s exceptfds: EPOLLPRI lasts until the byte is taken or passed. */
test('EPOLLPRI stands as long as there is a marked byte', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    const ep = yield* watch(sys, b, EPOLLIN | EPOLLPRI);
    const edge = yield* watch(sys, b, EPOLLPRI | EPOLLET);
    yield* sys.send(a, 'x', MSG_OOB);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN | EPOLLPRI]);
    expect(yield* reported(sys, edge)).toEqual([EPOLLPRI]);
    yield* take(sys, b, 1, MSG_OOB);
    expect(yield* reported(sys, ep)).toEqual([EPOLLIN]);
    expect(yield* take(sys, b, 1)).toBe(-EAGAIN);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** FIONREAD of 6.18 never forgets a marked byte that was passed over: it is one too high for good. */
test('a marked byte that a read drops goes on counting for FIONREAD', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.send(a, 'X', MSG_OOB);
    expect(yield* take(sys, b, 9)).toBe(-EAGAIN);
    expect(yield* ask(sys, b, FIONREAD)).toBe(1);
    expect(yield* outq(sys, a)).toBe(0);
    yield* sys.send(a, 'Y', MSG_OOB);
    yield* take(sys, b, 1, MSG_OOB);
    expect(yield* ask(sys, b, FIONREAD)).toBe(1);
  });
});

/** Closing after the urgent byte has been read is an orderly end. */
test('a mark whose byte was taken is not unread data for close()', () => {
  inMachine(function* (sys) {
    const [a, b] = yield* pair(sys);
    yield* sys.send(a, 'X', MSG_OOB);
    yield* take(sys, b, 1, MSG_OOB);
    yield* sys.close(b);
    expect((yield* sys.getsockopt(a, SOL_SOCKET, SO_ERROR)).value).toBe(0);
    const [c, d] = yield* pair(sys);
    yield* sys.send(c, 'X', MSG_OOB);
    yield* sys.close(d);
    expect((yield* sys.getsockopt(c, SOL_SOCKET, SO_ERROR)).value).toBe(ECONNRESET);
  });
});

/** send(2), MSG_OOB: there must be a byte to mark. */
test('an empty send with MSG_OOB is EOPNOTSUPP', () => {
  inMachine(function* (sys) {
    const [a] = yield* pair(sys);
    expect(yield* sys.send(a, '', MSG_OOB)).toBe(-EOPNOTSUPP);
  });
});
