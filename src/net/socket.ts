/**
 * The end of a socket that a file sees. Linux: include/linux/net.h, net/socket.c.
 *
 * A socket file hands every request to the `proto_ops` of its family.
 */
import { current } from '../kernel/current.ts';
import { file, type file_operations } from '../kernel/file.ts';
import { newInode } from '../kernel/globals.ts';
import { readShort, writeShort } from '../kernel/liberty.ts';
import type { Kernel } from '../kernel/op.ts';
import { init_poll_funcptr, poll_requested_events, type poll_table } from '../kernel/poll.ts';
import { type iov_iter, iov_iter_count } from '../kernel/uaccess.ts';
import { EOPNOTSUPP } from '../kernel/uapi/errno.ts';
import { O_NONBLOCK, O_RDWR } from '../kernel/uapi/fcntl.ts';
import { POLL_BUSY_LOOP } from '../kernel/uapi/poll.ts';
import {
  MSG_DONTWAIT,
  MSG_EOR,
  MSG_ERRQUEUE,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../kernel/uapi/socket.ts';
import { wait_queue_head } from '../kernel/wait.ts';
import type { scm_cookie } from './scm.ts';
import { sk_busy_loop, sk_can_busy_loop } from './sk_busy_poll.ts';
import type { sock } from './sock.ts';

/**
 * An address: of AF_INET with its port in host order, see ip(7), or of AF_UNIX with its path, see
 * unix(7).
 */
export interface sockaddr {
  /** AF_INET or AF_UNIX. */
  readonly family: number;
  /** IPv4 address as a number, 0x7f000001 for 127.0.0.1. */
  readonly addr?: number;
  /** The port of AF_INET; 0 for any. */
  readonly port?: number;
  /** The path of AF_UNIX; an abstract address begins with "\0". */
  readonly path?: string;
}

/** Something that goes with a message beside its bytes: see cmsg(3). */
export interface cmsghdr {
  /** SOL_SOCKET, or the level of a protocol. */
  readonly level: number;
  /** SCM_RIGHTS, SCM_CREDENTIALS, …, of that level. */
  readonly type: number;
  /** A list of descriptors of SCM_RIGHTS, a ucred of SCM_CREDENTIALS. */
  readonly data: unknown;
}

/** What goes with the bytes of a send or a receive. */
export class msghdr {
  readonly msg_iter: iov_iter;
  msg_flags: number;
  msg_name: sockaddr | null = null;
  /** What goes along; null where a receiver did not ask for it. */
  msg_control: cmsghdr[] | null = null;
  /** How many bytes of them a receiver has room for. */
  msg_controllen: number = Number.POSITIVE_INFINITY;
  /** Ours: what of it is to be sent and has not been, which the caller gives back. */
  scm: scm_cookie | null = null;

  constructor(iter: iov_iter, flags: number) {
    this.msg_iter = iter;
    this.msg_flags = flags;
  }
}

/** struct socket::state. */
export const SS_UNCONNECTED = 1;
export const SS_CONNECTING = 2;
export const SS_CONNECTED = 3;
export const SS_DISCONNECTING = 4;

export class socket {
  state: number = SS_UNCONNECTED;
  readonly type: number;
  ops: proto_ops;
  sk: sock | null = null;
  file: file | null = null;
  /** Pollers, and tasks that sleep in calls on the socket. */
  readonly wq: wait_queue_head = new wait_queue_head('socket');
  /** SOCK_NOSPACE: somebody found no room to write and wants to be told of some. */
  SOCK_NOSPACE = false;

  constructor(type: number, ops: proto_ops) {
    this.type = type;
    this.ops = ops;
  }
}

/** What a family does with the calls. One that is absent is refused with EOPNOTSUPP. */
export interface proto_ops {
  readonly family: number;
  /** Ours: the protocol's name, for views and traces. */
  readonly name: string;
  release(sock: socket): Kernel<void>;
  bind(sock: socket, addr: sockaddr): Kernel<number>;
  connect(sock: socket, addr: sockaddr, flags: number): Kernel<number>;
  socketpair?(sock1: socket, sock2: socket): Kernel<number>;
  /** `flags` are the listener's f_flags. */
  accept(sock: socket, newsock: socket, flags: number): Kernel<number>;
  getname(sock: socket, peer: boolean): Kernel<sockaddr | number>;
  poll(file: file, sock: socket, wait: poll_table): Kernel<number>;
  ioctl(sock: socket, cmd: number, arg: { value: number }): Kernel<number>;
  listen(sock: socket, backlog: number): Kernel<number>;
  shutdown(sock: socket, how: number): Kernel<number>;
  setsockopt?(sock: socket, level: number, optname: number, value: number): Kernel<number>;
  getsockopt?(sock: socket, level: number, optname: number, out: { value: number }): Kernel<number>;
  set_rcvlowat?(sk: sock, val: number): Kernel<number>;
  set_peek_off?(sk: sock, val: number): number;
  sendmsg(sock: socket, msg: msghdr): Kernel<number>;
  recvmsg(sock: socket, msg: msghdr, flags: number): Kernel<number>;
  show_fdinfo?(m: string[], sock: socket): Kernel<void>;
  /** Ours: as in file_operations, without flags. */
  goesAtOnce?(sock: socket, sends: boolean, bytes: number): boolean;
}

/** For families whose sockets accept nothing. */
export function* sock_no_accept(): Kernel<number> {
  return -EOPNOTSUPP;
}
export function* sock_no_listen(): Kernel<number> {
  return -EOPNOTSUPP;
}

/** Makes the protocol's side of a new socket; the socket, or -errno. Registered per family. */
export type CreateSocket = (type: number, protocol: number) => Kernel<socket | number>;

const sockOf = (f: file): socket => f.private_data as socket;

const sock_poll = (f: file, wait: poll_table | null): Kernel<number> => {
  const sock = sockOf(f);
  const pt = wait ?? init_poll_funcptr(null);
  const { sk } = sock;
  return sk !== null && sk_can_busy_loop(sk) ? pollBusily(f, sock, pt) : sock.ops.poll(f, sock, pt);
};

/** Asks the device once if it is told to; and tells that the socket's device can be asked. */
function* pollBusily(f: file, sock: socket, pt: poll_table): Kernel<number> {
  if ((poll_requested_events(pt) & POLL_BUSY_LOOP) !== 0)
    yield* sk_busy_loop(sock.sk as sock, true);
  return (yield* sock.ops.poll(f, sock, pt)) | POLL_BUSY_LOOP;
}

/** Receives; a checker may let bytes of a stream come in pieces. */
export function sock_recvmsg(sock: socket, msg: msghdr, flags: number): Kernel<number> {
  const { file: f } = sock;
  const whole = (flags & (MSG_PEEK | MSG_WAITALL | MSG_OOB | MSG_ERRQUEUE)) !== 0;
  if (current.kernel.liberties === null || f === null || whole || sock.type !== SOCK_STREAM) {
    return sock.ops.recvmsg(sock, msg, flags);
  }
  const waits = (flags & MSG_DONTWAIT) === 0;
  return readShort(f, msg.msg_iter, waits, () => sock.ops.recvmsg(sock, msg, flags));
}

/** Sends; a checker may let less of a stream be taken than there is room for. */
export function sock_sendmsg(sock: socket, msg: msghdr): Kernel<number> {
  const { file: f } = sock;
  const { msg_flags } = msg;
  const whole = (msg_flags & MSG_OOB) !== 0 || msg.msg_control !== null;
  if (current.kernel.liberties === null || f === null || whole || sock.type !== SOCK_STREAM) {
    return sock.ops.sendmsg(sock, msg);
  }
  const waits = (msg_flags & MSG_DONTWAIT) === 0;
  return writeShort(f, msg.msg_iter, waits, 1, () => sock.ops.sendmsg(sock, msg));
}

function* sock_read_iter(f: file, to: iov_iter): Kernel<number> {
  const flags = (f.f_flags & O_NONBLOCK) !== 0 ? MSG_DONTWAIT : 0;
  if (iov_iter_count(to) === 0) return 0;
  return yield* sock_recvmsg(sockOf(f), new msghdr(to, flags), flags);
}

function sock_write_iter(f: file, from: iov_iter): Kernel<number> {
  const sock = sockOf(f);
  let flags = (f.f_flags & O_NONBLOCK) !== 0 ? MSG_DONTWAIT : 0;
  if (sock.type === SOCK_SEQPACKET) flags |= MSG_EOR;
  return sock_sendmsg(sock, new msghdr(from, flags));
}

const sock_ioctl = (f: file, cmd: number, arg: unknown): Kernel<number> =>
  sockOf(f).ops.ioctl(sockOf(f), cmd, arg as { value: number });

function* sock_close(f: file): Kernel<void> {
  const sock = sockOf(f);
  yield* sock.ops.release(sock);
  sock.file = null;
}

function* sock_show_fdinfo(m: string[], f: file): Kernel<void> {
  const sock = sockOf(f);
  if (sock.ops.show_fdinfo !== undefined) yield* sock.ops.show_fdinfo(m, sock);
}

export const socket_file_ops: file_operations = {
  name: 'socket',
  read_iter: sock_read_iter,
  write_iter: sock_write_iter,
  goesAtOnce: (f, writes, bytes) => sockOf(f).ops.goesAtOnce?.(sockOf(f), writes, bytes) === true,
  poll: sock_poll,
  unlocked_ioctl: sock_ioctl,
  release: sock_close,
  show_fdinfo: sock_show_fdinfo,
  canAsync: true,
  napi_id: (f) => sockOf(f).sk?.sk_napi_id ?? 0,
};

/** A file for a socket. */
export function sock_alloc_file(sock: socket, flags: number): file {
  const inode = newInode(current.kernel, 0x8);
  const name = `socket:[${inode.i_ino}]`;
  const f = new file(socket_file_ops, name, inode, O_RDWR | (flags & O_NONBLOCK), sock);
  sock.file = f;
  return f;
}

export const sock_from_file = (f: file): socket | null =>
  f.f_op === socket_file_ops ? sockOf(f) : null;
