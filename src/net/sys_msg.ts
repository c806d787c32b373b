/**
 * sendmsg() and recvmsg(): messages in several pieces, and what goes with them. Linux: net/socket.c.
 *
 * Differs from Linux: control messages are objects. Their sizes are those of C on x86-64 where a
 * receiver gives a `msg_controllen`.
 */
import type { Kernel } from '../kernel/op.ts';
import { iov_iter } from '../kernel/uaccess.ts';
import { EMSGSIZE } from '../kernel/uapi/errno.ts';
import { MSG_CMSG_CLOEXEC } from '../kernel/uapi/socket.ts';
import { scm_destroy } from './scm.ts';
import { type cmsghdr, msghdr, sock_recvmsg, sock_sendmsg, type sockaddr } from './socket.ts';
import { onSocket, withNonblock } from './sys_socket.ts';

/** A message as sendmsg(2) and recvmsg(2) take it. A receive fills in what is not read-only. */
export interface user_msghdr {
  /** Where it goes, or came from. */
  msg_name?: sockaddr | null;
  /** The bytes, in pieces; a receive fills them in, one after the other. */
  readonly msg_iov: readonly Uint8Array[];
  /** What goes with it; a receive that leaves it out is not told. */
  msg_control?: cmsghdr[];
  /** How many bytes of that a receive has room for, and how many it used; no bound when absent. */
  msg_controllen?: number;
  /** MSG_TRUNC, MSG_ERRQUEUE, …: what a receive has to tell. */
  msg_flags?: number;
}

/** The most pieces of a message. */
const UIO_MAXIOV = 1024;

const totalOf = (iov: readonly Uint8Array[]): number =>
  iov.reduce((sum, part) => sum + part.length, 0);

function gathered(iov: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(totalOf(iov));
  let done = 0;
  for (const part of iov) {
    whole.set(part, done);
    done += part.length;
  }
  return whole;
}

function scatter(whole: Uint8Array, stored: number, iov: readonly Uint8Array[]): void {
  let done = 0;
  for (const part of iov) {
    const end = Math.min(stored, done + part.length);
    if (end > done) part.set(whole.subarray(done, end));
    done += part.length;
  }
}

/** Sends a message as a whole; how many bytes were taken, or -errno. */
export const __sys_sendmsg = (fd: number, umsg: user_msghdr, flags: number): Kernel<number> =>
  onSocket(fd, function* (sock) {
    if (umsg.msg_iov.length > UIO_MAXIOV) return -EMSGSIZE;
    const msg = new msghdr(new iov_iter(gathered(umsg.msg_iov)), withNonblock(sock, flags));
    msg.msg_name = umsg.msg_name ?? null;
    msg.msg_control = umsg.msg_control ?? null;
    const ret = yield* sock_sendmsg(sock, msg);
    if (msg.scm !== null) scm_destroy(msg.scm);
    return ret;
  });

/** Receives a message; how long it is, or -errno. */
export const __sys_recvmsg = (fd: number, umsg: user_msghdr, flags: number): Kernel<number> =>
  onSocket(fd, function* (sock) {
    if (umsg.msg_iov.length > UIO_MAXIOV) return -EMSGSIZE;
    const whole = new Uint8Array(totalOf(umsg.msg_iov));
    const msg = new msghdr(new iov_iter(whole), flags & MSG_CMSG_CLOEXEC);
    const room = umsg.msg_controllen ?? Number.POSITIVE_INFINITY;
    if (umsg.msg_control !== undefined && room > 0) msg.msg_control = [];
    msg.msg_controllen = room;
    const ret = yield* sock_recvmsg(sock, msg, withNonblock(sock, flags));
    if (ret < 0) return ret;
    scatter(whole, msg.msg_iter.iov_offset, umsg.msg_iov);
    umsg.msg_name = msg.msg_name;
    umsg.msg_flags = msg.msg_flags;
    if (umsg.msg_control !== undefined) umsg.msg_control = msg.msg_control ?? [];
    if (umsg.msg_controllen !== undefined) umsg.msg_controllen = room - msg.msg_controllen;
    return ret;
  });
