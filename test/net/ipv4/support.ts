/** Small pieces that the programs of these tests are made of. */

import { decodeText } from '../../../src/kernel/bytes.ts';
import { EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from '../../../src/kernel/uapi/eventpoll.ts';
import { FIONREAD } from '../../../src/kernel/uapi/ioctls.ts';
import {
  AF_INET,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SO_ERROR,
  SO_LINGER,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { SIOCOUTQ } from '../../../src/kernel/uapi/sockios.ts';
import type { NetGlobals } from '../../../src/net/net.ts';
import type { sockaddr } from '../../../src/net/socket.ts';
import type { Code, Sys, Writable } from '../../../src/syscalls/sys.ts';
import { reported, watch } from '../../support/programs.ts';

export const bytes = (n: number): Uint8Array => new Uint8Array(n);
export const at = (port: number, addr = 0x7f00_0001): sockaddr => ({ family: AF_INET, addr, port });

/** A stream socket; `type` may have SOCK_NONBLOCK. */
export const tcp = (sys: Sys, type = 0): Code<number> => sys.socket(AF_INET, SOCK_STREAM | type);

/** Where a socket is bound. */
export function* addressOf(sys: Sys, fd: number): Code<sockaddr> {
  const { addr } = yield* sys.getsockname(fd);
  return addr ?? at(0);
}

/** A socket that listens on a port of its own. */
export function* listener(sys: Sys, backlog = 8, type = 0): Code<[fd: number, addr: sockaddr]> {
  const fd = yield* tcp(sys, type);
  yield* sys.bind(fd, at(0));
  yield* sys.listen(fd, backlog);
  return [fd, yield* addressOf(sys, fd)];
}

/** A new socket that has called `addr`; what connect() returned, and its descriptor. */
export function* dial(sys: Sys, addr: sockaddr, type = 0): Code<[ret: number, fd: number]> {
  const fd = yield* tcp(sys, type);
  return [yield* sys.connect(fd, addr), fd];
}

/** The two ends of a connection; both block. */
export function* pair(sys: Sys): Code<[client: number, server: number]> {
  const [fd, addr] = yield* listener(sys);
  const [, client] = yield* dial(sys, addr);
  const server = yield* sys.accept4(fd, 0);
  yield* sys.close(fd);
  return [client, server];
}

/** A port that nobody listens on. */
export function* deadEnd(sys: Sys): Code<sockaddr> {
  const fd = yield* tcp(sys);
  yield* sys.bind(fd, at(0));
  return yield* addressOf(sys, fd);
}

/** What recv() gets at once: the text, or -errno. */
export function* take(sys: Sys, fd: number, len: number, flags = 0): Code<string | number> {
  const buf = bytes(len);
  const ret = yield* sys.recv(fd, buf, flags | MSG_DONTWAIT);
  return ret < 0 ? ret : decodeText(buf.subarray(0, ret));
}

/** What recv() gets after it has waited: the text, or -errno. */
export function* await_(sys: Sys, fd: number, len: number, flags = 0): Code<string | number> {
  const buf = bytes(len);
  const ret = yield* sys.recv(fd, buf, flags);
  return ret < 0 ? ret : decodeText(buf.subarray(0, ret));
}

/** Sends without waiting and without a signal. */
export const put = (sys: Sys, fd: number, data: Writable, flags = 0): Code<number> =>
  sys.send(fd, data, flags | MSG_DONTWAIT | MSG_NOSIGNAL);

/** All that a descriptor has ready. */
export function* mask(sys: Sys, fd: number): Code<number> {
  const ep = yield* watch(sys, fd, EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP);
  const [events = 0] = yield* reported(sys, ep);
  yield* sys.close(ep);
  return events;
}

/** What an ioctl() fills in, or -errno. */
export function* ask(sys: Sys, fd: number, request: number): Code<number> {
  const answer = { value: -1 };
  const ret = yield* sys.ioctl(fd, request, answer);
  return ret < 0 ? ret : answer.value;
}
export const inq = (sys: Sys, fd: number): Code<number> => ask(sys, fd, FIONREAD);
export const outq = (sys: Sys, fd: number): Code<number> => ask(sys, fd, SIOCOUTQ);

/** The pending error, which is gone then. */
export function* soError(sys: Sys, fd: number): Code<number> {
  return (yield* sys.getsockopt(fd, SOL_SOCKET, SO_ERROR)).value;
}

/** Ends a connection with a reset. */
export function* reset(sys: Sys, fd: number): Code<void> {
  yield* sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, 0);
  yield* sys.close(fd);
}

/** Milliseconds on the machine's clock. */
export const clock = (sys: Sys): number => sys.task.kernel.hrtimers.now_ns / 1_000_000;

/** How long a call takes, and what it returns. */
export function* timed<T>(sys: Sys, call: Code<T>): Code<[result: T, ms: number]> {
  const start = clock(sys);
  const result = yield* call;
  return [result, Math.round(clock(sys) - start)];
}

/** From here on nothing arrives. */
export function cutLoopback(sys: Sys): void {
  const { init_net } = sys.task.kernel.net as NetGlobals;
  init_net.loopback_dev.ndo_start_xmit = function* () {};
}
