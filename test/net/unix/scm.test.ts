import { describe, expect, test } from 'vitest';
import { decodeText, encodeText } from '../../../src/kernel/bytes.ts';
import {
  EAGAIN,
  EBADF,
  EINVAL,
  EPERM,
  EPIPE,
  ETOOMANYREFS,
} from '../../../src/kernel/uapi/errno.ts';
import { F_GETFD } from '../../../src/kernel/uapi/fcntl.ts';
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  MSG_TRUNC,
  SCM_CREDENTIALS,
  SCM_RIGHTS,
  SHUT_WR,
  SO_PASSCRED,
  SO_PASSRIGHTS,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import type { cmsghdr } from '../../../src/net/socket.ts';
import type { user_msghdr } from '../../../src/net/sys_msg.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inMachine } from '../../support/run.ts';

const rights = (...fds: number[]): cmsghdr => ({ level: SOL_SOCKET, type: SCM_RIGHTS, data: fds });

/** Sends a text and what goes along. */
const send = (sys: Sys, fd: number, text: string, ...msg_control: cmsghdr[]): Code<number> =>
  sys.sendmsg(fd, { msg_iov: [encodeText(text)], msg_control }, MSG_NOSIGNAL);

interface Received {
  readonly text: string;
  readonly flags: number;
  readonly fds: readonly number[];
  readonly used: number;
}

/** What one receive gives, of at most `length` bytes and with `room` bytes for what came along. */
function* receive(
  sys: Sys,
  fd: number,
  { length = 10, room = 200, flags = 0 } = {},
): Code<Received | number> {
  const buf = new Uint8Array(length);
  const msg: user_msghdr = { msg_iov: [buf], msg_control: [], msg_controllen: room };
  const ret = yield* sys.recvmsg(fd, msg, flags | MSG_DONTWAIT);
  if (ret < 0) return ret;
  const along = msg.msg_control?.find(({ type }) => type === SCM_RIGHTS);
  return {
    text: decodeText(buf.subarray(0, ret)),
    flags: (msg.msg_flags ?? 0) & ~MSG_CMSG_CLOEXEC,
    fds: (along?.data as number[] | undefined) ?? [],
    used: msg.msg_controllen ?? -1,
  };
}

/** Closes what a receive has given. */
function* drop(sys: Sys, received: Received | number): Code<Received | number> {
  if (typeof received === 'number') return received;
  for (const fd of received.fds) yield* sys.close(fd);
  return received;
}

/** A pair of sockets and two eventfds: descriptors 3 to 6; 7 is the next one. */
function* scene(sys: Sys, type: number): Code<[number, number, number, number]> {
  const [a, b] = yield* sys.socketpair(AF_UNIX, type);
  return [a, b, yield* sys.eventfd2(1, 0), yield* sys.eventfd2(2, 0)];
}

describe('a stream', () => {
  /** unix(7): ancillary data is a barrier; what was sent before it is read along with it. */
  test('is read up to the end of the packet that brings descriptors, and not further', () => {
    inMachine(function* (sys) {
      const [a, b, e] = yield* scene(sys, SOCK_STREAM);
      for (const [text, ...fds] of [['a'], ['b', e], ['c']] as [string, ...number[]][]) {
        yield* send(sys, a, text, ...(fds.length > 0 ? [rights(...fds)] : []));
      }
      const first = yield* drop(sys, yield* receive(sys, b));
      expect(first).toEqual({ text: 'ab', flags: 0, fds: [7], used: 24 });
      expect(yield* receive(sys, b)).toEqual({ text: 'c', flags: 0, fds: [], used: 0 });
    });
  });

  /** A reader with a small buffer: the first byte brings them. */
  test('brings the descriptors with the first bytes of their packet, once', () => {
    inMachine(function* (sys) {
      const [a, b, e, f] = yield* scene(sys, SOCK_STREAM);
      yield* send(sys, a, 'hello', rights(e, f));
      expect(yield* receive(sys, b, { length: 2 })).toMatchObject({ text: 'he', fds: [7, 8] });
      expect(yield* receive(sys, b)).toMatchObject({ text: 'llo', fds: [] });
    });
  });

  /** Who peeks to see how much there is opens descriptors, and has to close them. */
  test('that is peeked at gives descriptors, and gives others when it is read', () => {
    inMachine(function* (sys) {
      const [a, b, e, f] = yield* scene(sys, SOCK_STREAM);
      yield* send(sys, a, 'a', rights(e));
      yield* send(sys, a, 'b', rights(e, f));
      const peeked = yield* receive(sys, b, { flags: MSG_PEEK });
      expect(peeked).toMatchObject({ text: 'a', fds: [7] });
      expect(yield* receive(sys, b)).toMatchObject({ text: 'a', fds: [8] });
      expect(yield* receive(sys, b)).toMatchObject({ text: 'b', fds: [9, 10] });
    });
  });

  /** unix(7): at least one byte of real data has to be sent with them. */
  test('carries no descriptors without bytes', () => {
    inMachine(function* (sys) {
      const [a, b, e] = yield* scene(sys, SOCK_STREAM);
      expect(yield* send(sys, a, '', rights(e))).toBe(0);
      expect(yield* receive(sys, b)).toBe(-EAGAIN);
      expect(sys.task.files.fd[e]?.f_ref.refs).toBe(1);
    });
  });
});

describe('a datagram', () => {
  /** Both truncations at once, and the length of the whole. */
  test('brings descriptors also where it is empty or cut', () => {
    inMachine(function* (sys) {
      const [a, b, e] = yield* scene(sys, SOCK_DGRAM);
      yield* send(sys, a, '', rights(e));
      expect(yield* receive(sys, b)).toEqual({ text: '', flags: 0, fds: [7], used: 24 });
      yield* send(sys, a, 'hello', rights(e));
      const cut = yield* receive(sys, b, { length: 2, flags: MSG_PEEK });
      expect(cut).toEqual({ text: 'he', flags: MSG_TRUNC, fds: [8], used: 24 });
    });
  });
});

describe('room for descriptors', () => {
  /** As Linux 6.18 answered. A receiver that does not look at MSG_CTRUNC misses some. */
  test.each([
    [0, 0, MSG_CTRUNC, 0],
    [16, 0, MSG_CTRUNC, 0],
    [20, 1, MSG_CTRUNC, 20],
    [24, 2, MSG_CTRUNC, 24],
    [28, 3, 0, 28],
    [32, 3, 0, 32],
  ])('%i bytes are enough for %i of three', (room, count, flags, used) => {
    inMachine(function* (sys) {
      const [a, b, e] = yield* scene(sys, SOCK_STREAM);
      yield* send(sys, a, 'x', rights(e, e, e));
      const received = yield* receive(sys, b, { room });
      expect(received).toMatchObject({ flags, used });
      expect((received as Received).fds.length).toBe(count);
      expect(sys.task.files.fd[e]?.f_ref.refs).toBe(1 + count);
    });
  });

  /** A server at its limit gets the message, and loses the descriptor. */
  test('a receiver that may open no more gets as many as it may, and MSG_CTRUNC', () => {
    const seen = inMachine(
      function* (sys) {
        const [a, b, e, f] = yield* scene(sys, SOCK_DGRAM);
        yield* send(sys, a, 'x', rights(e, f));
        return [yield* receive(sys, b), sys.task.files.fd[f]?.f_ref.refs];
      },
      { nofile: 8 },
    );
    expect(seen).toEqual([{ text: 'x', flags: MSG_CTRUNC, fds: [7], used: 24 }, 1]);
  });

  /** read() of a socket that a descriptor came through: it is closed. */
  test('who reads without a place for them loses them', () => {
    inMachine(function* (sys) {
      const [a, b, e] = yield* scene(sys, SOCK_STREAM);
      yield* send(sys, a, 'x', rights(e));
      expect(sys.task.files.fd[e]?.f_ref.refs).toBe(2);
      expect(yield* sys.read(b, new Uint8Array(8))).toBe(1);
      expect(sys.task.files.fd[e]?.f_ref.refs).toBe(1);
    });
  });

  /** recvmsg(2): MSG_CMSG_CLOEXEC, against the race with fork() and exec(). */
  test.each([
    [0, 0],
    [MSG_CMSG_CLOEXEC, 1],
  ])('with flags %i the descriptors have FD_CLOEXEC: %i', (flags, expected) => {
    const cloexec = inMachine(function* (sys) {
      const [a, b, e] = yield* scene(sys, SOCK_STREAM);
      yield* send(sys, a, 'x', rights(e));
      yield* receive(sys, b, { flags });
      return yield* sys.fcntl(7, F_GETFD);
    });
    expect(cloexec).toBe(expected);
  });
});

describe('what is refused', () => {
  const many = (count: number): number[] => Array.from({ length: count }, () => 5);

  /** As Linux 6.18 answered. */
  test.each<[string, cmsghdr, number]>([
    ['a descriptor that is not open', rights(5, 99), -EBADF],
    ['a negative one', rights(-1), -EBADF],
    ['none at all, which is nothing', rights(), 1],
    ['253', rights(...many(253)), 1],
    ['254', rights(...many(254)), -EINVAL],
    ['an unknown type', { level: SOL_SOCKET, type: 77, data: null }, -EINVAL],
    ['another level, which is passed over', { level: 77, type: 1, data: null }, 1],
  ])('%s', (_, cmsg, expected) => {
    inMachine(function* (sys) {
      const [a, b, e] = yield* scene(sys, SOCK_DGRAM);
      expect(yield* send(sys, a, 'x', cmsg)).toBe(expected);
      yield* sys.close(b); // Drops what is under way.
      expect(sys.task.files.fd[e]?.f_ref.refs).toBe(1);
    });
  });

  /** Nothing leaks on the ways out. */
  test('a descriptor for a peer that is gone, or takes none, is given back', () => {
    inMachine(function* (sys) {
      const [a, b, e] = yield* scene(sys, SOCK_STREAM);
      yield* sys.setsockopt(b, SOL_SOCKET, SO_PASSRIGHTS, 0);
      expect(yield* send(sys, a, 'x', rights(e))).toBe(-EPERM);
      yield* sys.close(b);
      expect(yield* send(sys, a, 'x', rights(e))).toBe(-EPIPE);
      expect(sys.task.files.fd[e]?.f_ref.refs).toBe(1);
      expect(sys.task.user.unix_inflight).toBe(0);
    });
  });

  /** unix(7), ERRORS: ETOOMANYREFS. */
  test('more under way than a process may have open', () => {
    const rets = inMachine(
      function* (sys) {
        const [a, , e] = yield* scene(sys, SOCK_STREAM);
        const found: number[] = [];
        for (let i = 0; i < 3; i++) found.push(yield* send(sys, a, 'x', rights(e, e, e, e, e, e)));
        return found;
      },
      { nofile: 10 },
    );
    expect(rets).toEqual([1, 1, -ETOOMANYREFS]);
  });
});

describe('credentials', () => {
  const known = (pid: number, uid = 0): cmsghdr => ({
    level: SOL_SOCKET,
    type: SCM_CREDENTIALS,
    data: { pid, uid, gid: uid },
  });

  /** unix(7), SO_PASSCRED; what was sent before it was set is of nobody. */
  test('come with every message once SO_PASSCRED is set', () => {
    inMachine(function* (sys) {
      const [a, b] = yield* scene(sys, SOCK_DGRAM);
      yield* send(sys, a, 'p');
      yield* sys.setsockopt(b, SOL_SOCKET, SO_PASSCRED, 1);
      yield* send(sys, a, 'q');
      const controls: unknown[] = [];
      for (let i = 0; i < 2; i++) {
        const msg: user_msghdr = { msg_iov: [new Uint8Array(2)], msg_control: [] };
        yield* sys.recvmsg(b, msg, 0);
        controls.push(msg.msg_control);
      }
      expect(controls).toEqual([[known(0, 65534)], [known(sys.task.tgid)]]);
    });
  });

  /** They take their room before the descriptors do. */
  test('leave descriptors no room where there is too little for both', () => {
    inMachine(function* (sys) {
      const [a, b, e] = yield* scene(sys, SOCK_DGRAM);
      yield* sys.setsockopt(b, SOL_SOCKET, SO_PASSCRED, 1);
      yield* send(sys, a, 'q', rights(e));
      expect(yield* receive(sys, b)).toMatchObject({ flags: 0, fds: [7], used: 56 });
      yield* send(sys, a, 'q', rights(e));
      const tight = yield* receive(sys, b, { room: 28 });
      expect(tight).toMatchObject({ flags: MSG_CTRUNC, fds: [], used: 28 });
    });
  });

  /** The end of a stream is nobody's message, and of process 0. */
  test('at the end of a stream are zeros', () => {
    inMachine(function* (sys) {
      const [a, b] = yield* scene(sys, SOCK_STREAM);
      yield* sys.setsockopt(b, SOL_SOCKET, SO_PASSCRED, 1);
      yield* sys.shutdown(a, SHUT_WR);
      const msg: user_msghdr = { msg_iov: [new Uint8Array(2)], msg_control: [] };
      expect(yield* sys.recvmsg(b, msg, 0)).toBe(0);
      expect(msg.msg_control).toEqual([known(0)]);
    });
  });

  /** Without CAP_SYS_ADMIN and CAP_SETUID. */
  test('may be sent by a process about itself only', () => {
    const rets = inMachine(function* (sys) {
      const [a] = yield* scene(sys, SOCK_DGRAM);
      const self = sys.task.tgid;
      return [
        yield* send(sys, a, 'x', known(self)),
        yield* send(sys, a, 'x', known(self + 1)),
        yield* send(sys, a, 'x', known(self, 1)),
      ];
    });
    expect(rets).toEqual([1, -EPERM, -EPERM]);
  });
});
