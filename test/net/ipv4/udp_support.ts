/** Datagram sockets for the programs of these tests. */
import { runSyscall } from '../../../src/kernel/entry.ts';
import { AF_INET, MSG_DONTWAIT, SOCK_DGRAM, SOL_SOCKET } from '../../../src/kernel/uapi/socket.ts';
import type { sockaddr } from '../../../src/net/socket.ts';
import { __sys_recvmsg, type user_msghdr } from '../../../src/net/sys_msg.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { addressOf, at, take } from './support.ts';

/** A datagram socket; `type` may have SOCK_NONBLOCK. */
export const udp = (sys: Sys, type = 0): Code<number> => sys.socket(AF_INET, SOCK_DGRAM | type);

/** A socket with options of SOL_SOCKET set, bound to `addr`; what bind() returned, and the socket. */
export function* bound(
  sys: Sys,
  addr: sockaddr = at(0),
  ...options: number[]
): Code<[ret: number, fd: number, addr: sockaddr]> {
  const fd = yield* udp(sys);
  for (const option of options) yield* sys.setsockopt(fd, SOL_SOCKET, option, 1);
  const ret = yield* sys.bind(fd, addr);
  return [ret, fd, yield* addressOf(sys, fd)];
}

/** A sender that is connected to a receiver. */
export function* oneWay(sys: Sys): Code<[sender: number, receiver: number]> {
  const [, receiver, addr] = yield* bound(sys);
  const sender = yield* udp(sys);
  yield* sys.connect(sender, addr);
  return [sender, receiver];
}

/** A socket that is connected to a port where nobody is. */
export function* towardsNobody(sys: Sys): Code<number> {
  const fd = yield* udp(sys);
  yield* sys.connect(fd, at(9));
  return fd;
}

/** What each of the sockets has next: the text, or -errno. */
export function* takeEach(sys: Sys, fds: readonly number[]): Code<(string | number)[]> {
  const taken: (string | number)[] = [];
  for (const fd of fds) taken.push(yield* take(sys, fd, 64));
  return taken;
}

/** How many datagrams wait in a socket; they are gone then. */
export function* drain(sys: Sys, fd: number): Code<number> {
  let count = 0;
  while (typeof (yield* take(sys, fd, 16)) === 'string') count++;
  return count;
}

/** recvmsg() that does not wait, with room for `len` bytes. */
export function* receive(
  fd: number,
  len: number,
  flags: number,
): Code<user_msghdr & { ret: number; msg_iov: [Uint8Array] }> {
  const msg = { msg_iov: [new Uint8Array(len)] as [Uint8Array], msg_control: [] };
  const ret = yield* runSyscall(() => __sys_recvmsg(fd, msg, flags | MSG_DONTWAIT));
  return { ...msg, ret };
}
