import { expect, test } from 'vitest';
import {
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  EDOM,
  EINVAL,
  ENODEV,
  ENOPROTOOPT,
  ENOTSOCK,
  EOPNOTSUPP,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from '../../src/kernel/uapi/errno.ts';
import { EPOLLET, EPOLLOUT } from '../../src/kernel/uapi/eventpoll.ts';
import { F_GETFD, F_GETFL, FD_CLOEXEC, O_NONBLOCK, O_RDWR } from '../../src/kernel/uapi/fcntl.ts';
import { IPPROTO_TCP } from '../../src/kernel/uapi/in.ts';
import * as so from '../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';
import { reported, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

const { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET } = so;

/** What getsockopt() gives, or -errno. */
function* get(sys: Sys, fd: number, name: number): Code<number> {
  const { ret, value } = yield* sys.getsockopt(fd, SOL_SOCKET, name);
  return ret < 0 ? ret : value;
}
const set = (sys: Sys, fd: number, name: number, value: number): Code<number> =>
  sys.setsockopt(fd, SOL_SOCKET, name, value);

/** socket(2), ERRORS, in the order of the kernel's checks. */
test.each([
  [99, SOCK_STREAM, 0, -EAFNOSUPPORT],
  [-1, 11, 0, -EAFNOSUPPORT],
  [AF_UNIX, 11, 0, -EINVAL],
  [AF_UNIX, SOCK_STREAM | 0x100, 0, -EINVAL],
  [AF_UNIX, so.SOCK_RDM, 0, -ESOCKTNOSUPPORT],
  [AF_UNIX, SOCK_STREAM, IPPROTO_TCP, -EPROTONOSUPPORT],
  [AF_UNIX, so.SOCK_RDM, IPPROTO_TCP, -EPROTONOSUPPORT],
])('socket(%i, %i, %i) is %i', (family, type, protocol, errno) => {
  inMachine(function* (sys) {
    expect(yield* sys.socket(family, type, protocol)).toBe(errno);
    expect(yield* sys.socket(AF_UNIX, SOCK_STREAM, AF_UNIX)).toBe(3);
  });
});

/** Linux 2.6.27: the flags save a race between socket() and fork(). */
test('SOCK_NONBLOCK and SOCK_CLOEXEC reach both ends of a pair', () => {
  inMachine(function* (sys) {
    const fds = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
    for (const fd of fds) {
      expect(yield* sys.fcntl(fd, F_GETFL)).toBe(O_RDWR | O_NONBLOCK);
      expect(yield* sys.fcntl(fd, F_GETFD)).toBe(FD_CLOEXEC);
    }
  });
});

/** ENOTSOCK is how a program finds out that it was started with a pipe. */
test('a call on what is no socket is ENOTSOCK, on nothing EBADF', () => {
  inMachine(function* (sys) {
    expect(yield* sys.listen(0, 5)).toBe(-ENOTSOCK);
    expect(yield* sys.listen(99, 5)).toBe(-EBADF);
    expect(yield* sys.recv(0, new Uint8Array(1), 0)).toBe(-ENOTSOCK);
    expect(yield* set(sys, 99, so.SO_REUSEADDR, 1)).toBe(-EBADF);
    expect((yield* sys.getsockname(0)).ret).toBe(-ENOTSOCK);
  });
});

/** socket(7): what a library asks of a descriptor that it was handed. */
test('SO_DOMAIN, SO_TYPE, SO_PROTOCOL and SO_ACCEPTCONN say what a socket is', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, so.SOCK_SEQPACKET);
    expect(yield* get(sys, fd, so.SO_DOMAIN)).toBe(AF_UNIX);
    expect(yield* get(sys, fd, so.SO_TYPE)).toBe(so.SOCK_SEQPACKET);
    expect(yield* get(sys, fd, so.SO_PROTOCOL)).toBe(0);
    expect(yield* get(sys, fd, so.SO_ACCEPTCONN)).toBe(0);
    yield* sys.bind(fd, { family: AF_UNIX, path: '\0srv' });
    yield* sys.listen(fd, 5);
    expect(yield* get(sys, fd, so.SO_ACCEPTCONN)).toBe(1);
    expect(yield* set(sys, fd, so.SO_TYPE, 1)).toBe(-ENOPROTOOPT);
    expect(yield* set(sys, fd, so.SO_ACCEPTCONN, 1)).toBe(-ENOPROTOOPT);
  });
});

/** socket(7): the kernel doubles what it is given, within its limits; tuning scripts divide by 2. */
test.each([
  [0, 4608, 2304],
  [2303, 4608, 4606],
  [100_000, 200_000, 200_000],
  [4_194_304, 8_388_608, 8_388_608],
  [5_000_000, 8_388_608, 8_388_608],
  [-1, 8_388_608, 8_388_608],
])('SO_SNDBUF and SO_RCVBUF of %i are %i and %i', (value, sndbuf, rcvbuf) => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    expect(yield* get(sys, fd, so.SO_SNDBUF)).toBe(212_992);
    expect(yield* set(sys, fd, so.SO_SNDBUF, value)).toBe(0);
    expect(yield* set(sys, fd, so.SO_RCVBUF, value)).toBe(0);
    expect(yield* get(sys, fd, so.SO_SNDBUF)).toBe(sndbuf);
    expect(yield* get(sys, fd, so.SO_RCVBUF)).toBe(rcvbuf);
    expect(yield* get(sys, fd, so.SO_BUF_LOCK)).toBe(3);
  });
});

/** A writer that waits for EPOLLOUT goes on when somebody enlarges its buffer. */
test('a new SO_SNDBUF wakes writers', () => {
  inMachine(function* (sys) {
    const [a] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    yield* sys.write(a, new Uint8Array(100_000));
    const ep = yield* watch(sys, a, EPOLLOUT | EPOLLET);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* set(sys, a, so.SO_SNDBUF, 1_000_000);
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
  });
});

/** socket(7); ticks of 4 ms (HZ = 250) show when a bound is read back. */
test.each([
  [0, 0, 0, 0],
  [0, 500, 0, 4000],
  [1, 1, 1, 4000],
  [2, 999_999, 3, 0],
  [-1, 0, 0, 0],
])('SO_RCVTIMEO of %i s and %i us reads back as %i s and %i us', (...row) => {
  const [tv_sec, tv_usec, sec, usec] = row;
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    const option = [fd, SOL_SOCKET, so.SO_RCVTIMEO] as const;
    expect(yield* sys.setsockopt(...option, { tv_sec, tv_usec })).toBe(0);
    expect(yield* sys.getsockopt(...option)).toEqual({
      ret: 0,
      value: sec,
      timeval: { tv_sec: sec, tv_usec: usec },
    });
  });
});

/** socket(7): a struct timeval. Whoever passes milliseconds in an int is told so. */
test('SO_RCVTIMEO and SO_SNDTIMEO refuse four bytes, and a timeval that is none', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    for (const name of [so.SO_RCVTIMEO, so.SO_SNDTIMEO]) {
      expect(yield* set(sys, fd, name, 100)).toBe(-EINVAL);
      for (const tv_usec of [-1, 1_000_000]) {
        expect(yield* sys.setsockopt(fd, SOL_SOCKET, name, { tv_sec: 0, tv_usec })).toBe(-EDOM);
      }
    }
  });
});

/** A bound that has passed before it began: every receive is as if it did not block. */
test('with a negative SO_RCVTIMEO a receive does not wait', () => {
  inMachine(function* (sys) {
    const [a] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
    yield* sys.setsockopt(a, SOL_SOCKET, so.SO_RCVTIMEO, { tv_sec: -1, tv_usec: 0 });
    expect(yield* sys.read(a, new Uint8Array(1))).toBe(-EAGAIN);
  });
});

/** SO_BINDTODEVICE: the one device of a machine here. The name is that of an int's four bytes. */
test.each([
  ['lo', 0x6f_6c, 0],
  ['none', 0, 0],
  ['xx', 0x78_78, -ENODEV],
])('SO_BINDTODEVICE to %s (%i) is %i', (_, value, result) => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    expect(yield* set(sys, fd, so.SO_BINDTODEVICE, value)).toBe(result);
  });
});

/** socket(7): options are flags where any value but 0 is on, and reads back as 1. */
test.each([
  ['SO_REUSEADDR', so.SO_REUSEADDR, 7, 1],
  ['SO_KEEPALIVE', so.SO_KEEPALIVE, 7, 1],
  ['SO_BROADCAST', so.SO_BROADCAST, 7, 1],
  ['SO_OOBINLINE', so.SO_OOBINLINE, 7, 1],
  ['SO_DONTROUTE', so.SO_DONTROUTE, 7, 1],
  ['SO_PASSCRED', so.SO_PASSCRED, 7, 1],
  ['SO_SELECT_ERR_QUEUE', so.SO_SELECT_ERR_QUEUE, 7, 1],
  ['SO_PASSPIDFD', so.SO_PASSPIDFD, 7, 1],
  ['SO_PASSRIGHTS', so.SO_PASSRIGHTS, 0, 0],
  ['SO_RCVPRIORITY', so.SO_RCVPRIORITY, 7, 1],
  ['SO_PRIORITY', so.SO_PRIORITY, 6, 6],
  ['SO_LINGER', so.SO_LINGER, 5, 5],
  ['SO_LINGER', so.SO_LINGER, -1, -1],
  ['SO_RCVLOWAT', so.SO_RCVLOWAT, 9, 9],
  ['SO_RCVLOWAT', so.SO_RCVLOWAT, 0, 1],
  ['SO_RCVLOWAT', so.SO_RCVLOWAT, -1, 0x7fffffff],
  ['SO_BUSY_POLL', so.SO_BUSY_POLL, 50, 50],
  ['SO_INCOMING_CPU', so.SO_INCOMING_CPU, 1, 1],
  ['SO_PEEK_OFF', so.SO_PEEK_OFF, 3, 3],
  ['SO_MAX_PACING_RATE', so.SO_MAX_PACING_RATE, 1000, 1000],
])('%s (%i) set to %i reads back as %i', (_, name, value, kept) => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    expect(yield* set(sys, fd, name, value)).toBe(0);
    expect(yield* get(sys, fd, name)).toBe(kept);
  });
});

/** What a socket starts with, where that is not 0. */
test.each([
  ['SO_LINGER', so.SO_LINGER, -1],
  ['SO_RCVLOWAT', so.SO_RCVLOWAT, 1],
  ['SO_SNDLOWAT', so.SO_SNDLOWAT, 1],
  ['SO_INCOMING_CPU', so.SO_INCOMING_CPU, -1],
  ['SO_MAX_PACING_RATE', so.SO_MAX_PACING_RATE, -1],
  ['SO_PEEK_OFF', so.SO_PEEK_OFF, -1],
  ['SO_BPF_EXTENSIONS', so.SO_BPF_EXTENSIONS, 64],
  ['SO_PASSRIGHTS', so.SO_PASSRIGHTS, 1],
])('%s (%i) of a new socket is %i', (_, name, value) => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    expect(yield* get(sys, fd, name)).toBe(value);
  });
});

/** setsockopt(2), ERRORS: libraries probe for options and must be able to tell the answers apart. */
test('an option that does not fit the family, or does not exist, has its own errno', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_UNIX, SOCK_STREAM);
    expect(yield* set(sys, fd, so.SO_REUSEPORT, 1)).toBe(-EOPNOTSUPP);
    expect(yield* set(sys, fd, so.SO_REUSEPORT, 0)).toBe(0);
    expect(yield* set(sys, fd, so.SO_ZEROCOPY, 1)).toBe(-EOPNOTSUPP);
    expect(yield* get(sys, fd, so.SO_TXREHASH)).toBe(-EOPNOTSUPP);
    expect(yield* set(sys, fd, so.SO_INQ, 2)).toBe(-EINVAL);
    expect(yield* set(sys, fd, so.SO_SNDLOWAT, 2)).toBe(-ENOPROTOOPT);
    expect(yield* set(sys, fd, so.SO_BUSY_POLL, -1)).toBe(-EINVAL);
    expect(yield* set(sys, fd, 999, 1)).toBe(-ENOPROTOOPT);
    expect(yield* get(sys, fd, 999)).toBe(-ENOPROTOOPT);
    expect(yield* get(sys, fd, so.SO_BUSY_POLL_BUDGET)).toBe(-ENOPROTOOPT);
    expect(yield* sys.setsockopt(fd, IPPROTO_TCP, 1, 1)).toBe(-EOPNOTSUPP);
    expect((yield* sys.getsockopt(fd, 99, 1)).ret).toBe(-EOPNOTSUPP);
  });
});
