/** The calls on sockets. Linux: net/socket.c (the SYSCALL_DEFINEs). */
import type { Kernel } from '../kernel/op.ts';
import { iov_iter } from '../kernel/uaccess.ts';
import { net_families } from '../net/family.ts';
import type { OptionPointer } from '../net/getsockopt.ts';
import type { sockaddr } from '../net/socket.ts';
import type { OptionValue } from '../net/sockopt.ts';
import { __sys_recvmsg, __sys_sendmsg, type user_msghdr } from '../net/sys_msg.ts';
import {
  __sys_accept4,
  __sys_bind,
  __sys_connect,
  __sys_getsockname,
  __sys_getsockopt,
  __sys_listen,
  __sys_recvfrom,
  __sys_sendto,
  __sys_setsockopt,
  __sys_shutdown,
  __sys_socket,
  __sys_socketpair,
} from '../net/sys_socket.ts';

const typeOf = (type: number): number => type & 0xf;

export const sys_socket = (family: number, type: number, protocol: number): Kernel<number> =>
  __sys_socket(net_families(family, typeOf(type)), type, protocol);

export const sys_socketpair = (
  family: number,
  type: number,
  protocol: number,
  usockvec: [number, number],
): Kernel<number> => __sys_socketpair(net_families(family, typeOf(type)), type, protocol, usockvec);

export const sys_bind = (fd: number, addr: sockaddr): Kernel<number> => __sys_bind(fd, addr);
export const sys_listen = (fd: number, backlog: number): Kernel<number> =>
  __sys_listen(fd, backlog);
export const sys_connect = (fd: number, addr: sockaddr): Kernel<number> => __sys_connect(fd, addr);
export const sys_accept4 = (fd: number, flags: number): Kernel<number> => __sys_accept4(fd, flags);
export const sys_shutdown = (fd: number, how: number): Kernel<number> => __sys_shutdown(fd, how);

export const sys_sendto = (
  fd: number,
  buf: Uint8Array,
  flags: number,
  addr: sockaddr | null,
): Kernel<number> => __sys_sendto(fd, new iov_iter(buf), flags, addr);

/** An address that a call fills in. */
export interface AddressPointer {
  addr: sockaddr | null;
}

export const sys_recvfrom = (
  fd: number,
  buf: Uint8Array,
  flags: number,
  src_addr: AddressPointer | null = null,
): Kernel<number> => __sys_recvfrom(fd, new iov_iter(buf), flags, src_addr);

export const sys_sendmsg = (fd: number, msg: user_msghdr, flags: number): Kernel<number> =>
  __sys_sendmsg(fd, msg, flags);

export const sys_recvmsg = (fd: number, msg: user_msghdr, flags: number): Kernel<number> =>
  __sys_recvmsg(fd, msg, flags);

export const sys_getsockname = (fd: number, addr: AddressPointer): Kernel<number> =>
  __sys_getsockname(fd, addr, false);
export const sys_getpeername = (fd: number, addr: AddressPointer): Kernel<number> =>
  __sys_getsockname(fd, addr, true);

export const sys_setsockopt = (
  fd: number,
  level: number,
  name: number,
  value: OptionValue,
): Kernel<number> => __sys_setsockopt(fd, level, name, value);

export const sys_getsockopt = (
  fd: number,
  level: number,
  name: number,
  out: OptionPointer,
): Kernel<number> => __sys_getsockopt(fd, level, name, out);
