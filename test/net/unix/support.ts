/** Small pieces that the programs of these tests are made of. */

import { decodeText } from '../../../src/kernel/bytes.ts';
import {
  AF_UNIX,
  MSG_DONTWAIT,
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { SIOCOUTQ } from '../../../src/kernel/uapi/sockios.ts';
import type { sockaddr } from '../../../src/net/socket.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { timeval } from '../../support/programs.ts';

export const bytes = (n: number): Uint8Array => new Uint8Array(n);
export const at = (path: string): sockaddr => ({ family: AF_UNIX, path });

/** Two connected sockets that block. */
export const pair = (sys: Sys, type: number = SOCK_STREAM): Code<[number, number]> =>
  sys.socketpair(AF_UNIX, type);

/** What recv() gets at once: the text, or -errno. */
export function* take(sys: Sys, fd: number, len: number, flags = 0): Code<string | number> {
  const buf = bytes(len);
  const ret = yield* sys.recv(fd, buf, flags | MSG_DONTWAIT);
  return ret < 0 ? ret : decodeText(buf.subarray(0, Math.min(ret, len)));
}

/** What recv() gets after it has waited: the text, or -errno. */
export function* receive(sys: Sys, fd: number, len: number, flags = 0): Code<string | number> {
  const buf = bytes(len);
  const ret = yield* sys.recv(fd, buf, flags);
  return ret < 0 ? ret : decodeText(buf.subarray(0, ret));
}

/** What an ioctl() fills in, or -errno. */
export function* ask(sys: Sys, fd: number, request: number): Code<number> {
  const answer = { value: -1 };
  const ret = yield* sys.ioctl(fd, request, answer);
  return ret < 0 ? ret : answer.value;
}
/** Memory that a socket has under way. */
export const outq = (sys: Sys, fd: number): Code<number> => ask(sys, fd, SIOCOUTQ);

/** Writes one byte at a time until no more is taken; how many were, and the errno at the end. */
export function* fill(sys: Sys, fd: number): Code<[count: number, errno: number]> {
  for (let count = 0; ; count++) {
    const ret = yield* sys.send(fd, 'x', MSG_DONTWAIT);
    if (ret !== 1) return [count, ret];
  }
}

export const rcvtimeo = (sys: Sys, fd: number, ms: number): Code<number> =>
  sys.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval(ms));
export const sndtimeo = (sys: Sys, fd: number, ms: number): Code<number> =>
  sys.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeval(ms));

/** Milliseconds on the machine's clock. */
export const clock = (sys: Sys): number => sys.task.kernel.hrtimers.now_ns / 1_000_000;

/** How long a call takes, and what it returns. */
export function* timed<T>(sys: Sys, call: Code<T>): Code<[result: T, ms: number]> {
  const start = clock(sys);
  const result = yield* call;
  return [result, Math.round(clock(sys) - start)];
}

/** A socket that listens at `path`. */
export function* listener(
  sys: Sys,
  path: string,
  backlog: number,
  type: number = SOCK_STREAM,
): Code<number> {
  const fd = yield* sys.socket(AF_UNIX, type);
  yield* sys.bind(fd, at(path));
  yield* sys.listen(fd, backlog);
  return fd;
}

/** A new socket that is connected to `path`; what connect() returned, and its descriptor. */
export function* connected(
  sys: Sys,
  path: string,
  type: number = SOCK_STREAM,
): Code<[ret: number, fd: number]> {
  const fd = yield* sys.socket(AF_UNIX, type);
  return [yield* sys.connect(fd, at(path)), fd];
}
