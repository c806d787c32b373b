/**
 * sendmsg() and recvmsg(): messages in several pieces, and what goes with them. Linux: net/socket.c.
 *
 * Differs from Linux: control messages are objects, of which a receive gets all; those of a send are
 * passed over.
 */
import type { Kernel } from '../kernel/op.ts';
import { iov_iter } from '../kernel/uaccess.ts';
import { EMSGSIZE } from '../kernel/uapi/errno.ts';
import { type cmsghdr, msghdr, type sockaddr } from './socket.ts';
import { onSocket, withNonblock } from './sys_socket.ts';

/** A message as a program has it. A receive fills in what is not read-only. */
export interface user_msghdr {
  /** Where it goes, or came from. */
  msg_name?: sockaddr | null;
  readonly msg_iov: readonly Uint8Array[];
  /** What goes with it; a receive that leaves it out is not told. */
  msg_control?: cmsghdr[];
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
    return yield* sock.ops.sendmsg(sock, msg);
  });

/** Receives a message; how long it is, or -errno. */
export const __sys_recvmsg = (fd: number, umsg: user_msghdr, flags: number): Kernel<number> =>
  onSocket(fd, function* (sock) {
    if (umsg.msg_iov.length > UIO_MAXIOV) return -EMSGSIZE;
    const whole = new Uint8Array(totalOf(umsg.msg_iov));
    const msg = new msghdr(new iov_iter(whole), 0);
    if (umsg.msg_control !== undefined) msg.msg_control = [];
    const ret = yield* sock.ops.recvmsg(sock, msg, withNonblock(sock, flags));
    if (ret < 0) return ret;
    scatter(whole, msg.msg_iter.iov_offset, umsg.msg_iov);
    umsg.msg_name = msg.msg_name;
    umsg.msg_flags = msg.msg_flags;
    if (msg.msg_control !== null) umsg.msg_control = msg.msg_control;
    return ret;
  });
