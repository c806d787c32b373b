/**
 * The end of a socket that a file sees. Linux: include/linux/net.h, net/socket.c.
 *
 * A socket file hands every request to the `proto_ops` of its family.
 */
import { current } from '../kernel/current.ts';
import {
  fd_install,
  fdget,
  file,
  type file_operations,
  fput,
  get_unused_fd_flags,
  put_unused_fd,
} from '../kernel/file.ts';
import { newInode } from '../kernel/globals.ts';
import type { Kernel } from '../kernel/op.ts';
import { init_poll_funcptr, type poll_table } from '../kernel/poll.ts';
import { type iov_iter, iov_iter_count } from '../kernel/uaccess.ts';
import { EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP } from '../kernel/uapi/errno.ts';
import { O_NONBLOCK, O_RDWR } from '../kernel/uapi/fcntl.ts';
import {
  MSG_DONTWAIT,
  MSG_EOR,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOL_SOCKET,
  SOMAXCONN,
} from '../kernel/uapi/socket.ts';
import { wait_queue_head } from '../kernel/wait.ts';
import type { sock } from './sock.ts';
import { sock_getsockopt, sock_setsockopt } from './sockopt.ts';

/** An address: of AF_INET with its port in host order, or of AF_UNIX with its path. */
export interface sockaddr {
  readonly family: number;
  /** IPv4 address as a number, 0x7f000001 for 127.0.0.1. */
  readonly addr?: number;
  readonly port?: number;
  readonly path?: string;
}

/** What goes with the bytes of a send or a receive. */
export class msghdr {
  readonly msg_iter: iov_iter;
  msg_flags: number;
  msg_name: sockaddr | null = null;

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
}

/** Makes the protocol's side of a new socket; the socket, or -errno. Registered per family. */
export type CreateSocket = (type: number, protocol: number) => Kernel<socket | number>;

const sockOf = (f: file): socket => f.private_data as socket;

const sock_poll = (f: file, wait: poll_table | null): Kernel<number> => {
  const sock = sockOf(f);
  return sock.ops.poll(f, sock, wait ?? init_poll_funcptr(null));
};

function* sock_read_iter(f: file, to: iov_iter): Kernel<number> {
  const flags = (f.f_flags & O_NONBLOCK) !== 0 ? MSG_DONTWAIT : 0;
  if (iov_iter_count(to) === 0) return 0;
  return yield* sockOf(f).ops.recvmsg(sockOf(f), new msghdr(to, flags), flags);
}

function sock_write_iter(f: file, from: iov_iter): Kernel<number> {
  const sock = sockOf(f);
  let flags = (f.f_flags & O_NONBLOCK) !== 0 ? MSG_DONTWAIT : 0;
  if (sock.type === SOCK_SEQPACKET) flags |= MSG_EOR;
  return sock.ops.sendmsg(sock, new msghdr(from, flags));
}

const sock_ioctl = (f: file, cmd: number, arg: unknown): Kernel<number> =>
  sockOf(f).ops.ioctl(sockOf(f), cmd, arg as { value: number });

function* sock_close(f: file): Kernel<void> {
  const sock = sockOf(f);
  yield* sock.ops.release(sock);
  sock.file = null;
}

export const socket_file_ops: file_operations = {
  name: 'socket',
  read_iter: sock_read_iter,
  write_iter: sock_write_iter,
  poll: sock_poll,
  unlocked_ioctl: sock_ioctl,
  release: sock_close,
  napi_id: () => 0,
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

const SOCK_TYPE_MASK = 0xf;

/** Are there only SOCK_CLOEXEC and SOCK_NONBLOCK beside the type? */
const flagsOf = (type: number): number => type & ~SOCK_TYPE_MASK;
const validFlags = (flags: number): boolean => (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) === 0;

/** Gives a file to a socket that is ready, behind a descriptor that is reserved. */
export function installSocket(fd: number, sock: socket, flags: number): void {
  fd_install(fd, sock_alloc_file(sock, flags));
}

export function* __sys_socket(
  create: CreateSocket | number,
  type: number,
  protocol: number,
): Kernel<number> {
  const flags = flagsOf(type);
  if (!validFlags(flags)) return -EINVAL;
  if (typeof create === 'number') return create;
  const sock = yield* create(type & SOCK_TYPE_MASK, protocol);
  if (typeof sock === 'number') return sock;
  const fd = yield* get_unused_fd_flags(flags);
  if (fd < 0) yield* sock.ops.release(sock);
  else installSocket(fd, sock, flags);
  return fd;
}

/** Fills `usockvec` in with two descriptors; 0 or -errno. */
export function* __sys_socketpair(
  create: CreateSocket | number,
  type: number,
  protocol: number,
  usockvec: [number, number],
): Kernel<number> {
  const flags = flagsOf(type);
  if (!validFlags(flags)) return -EINVAL;
  const fd1 = yield* get_unused_fd_flags(flags);
  if (fd1 < 0) return fd1;
  const fd2 = yield* get_unused_fd_flags(flags);
  if (fd2 < 0) {
    yield* put_unused_fd(fd1);
    return fd2;
  }
  const err = yield* connectPair(create, type & SOCK_TYPE_MASK, protocol, flags, [fd1, fd2]);
  if (err < 0) {
    yield* put_unused_fd(fd1);
    yield* put_unused_fd(fd2);
    return err;
  }
  usockvec[0] = fd1;
  usockvec[1] = fd2;
  return 0;
}

function* connectPair(
  create: CreateSocket | number,
  type: number,
  protocol: number,
  flags: number,
  fds: readonly [number, number],
): Kernel<number> {
  if (typeof create === 'number') return create;
  const sock1 = yield* create(type, protocol);
  if (typeof sock1 === 'number') return sock1;
  const sock2 = yield* create(type, protocol);
  if (typeof sock2 === 'number') {
    yield* sock1.ops.release(sock1);
    return sock2;
  }
  const err =
    sock1.ops.socketpair === undefined ? -EOPNOTSUPP : yield* sock1.ops.socketpair(sock1, sock2);
  if (err < 0) {
    yield* sock1.ops.release(sock1);
    yield* sock2.ops.release(sock2);
    return err;
  }
  installSocket(fds[0], sock1, flags);
  installSocket(fds[1], sock2, flags);
  return 0;
}

/** Runs `call` on the socket behind a descriptor; -EBADF or -ENOTSOCK where there is none. */
export function* onSocket(fd: number, call: (sock: socket) => Kernel<number>): Kernel<number> {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  const sock = sock_from_file(f);
  const ret = sock === null ? -ENOTSOCK : yield* call(sock);
  fput(f);
  return ret;
}

export const __sys_bind = (fd: number, addr: sockaddr): Kernel<number> =>
  onSocket(fd, (sock) => sock.ops.bind(sock, addr));

export const __sys_listen = (fd: number, backlog: number): Kernel<number> =>
  onSocket(fd, (sock) => sock.ops.listen(sock, backlog >>> 0 > SOMAXCONN ? SOMAXCONN : backlog));

export const __sys_connect = (fd: number, addr: sockaddr): Kernel<number> =>
  onSocket(fd, (sock) => sock.ops.connect(sock, addr, sock.file?.f_flags ?? 0));

export const __sys_shutdown = (fd: number, how: number): Kernel<number> =>
  onSocket(fd, (sock) => sock.ops.shutdown(sock, how));

/** The descriptor of the first connection that waits, or -errno. */
export function* __sys_accept4(fd: number, flags: number): Kernel<number> {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  const ret = yield* __sys_accept4_file(f, flags);
  fput(f);
  return ret;
}

function* __sys_accept4_file(f: file, flags: number): Kernel<number> {
  if (!validFlags(flags)) return -EINVAL;
  const newfd = yield* get_unused_fd_flags(flags);
  if (newfd < 0) return newfd;
  const err = yield* do_accept(f, newfd, flags);
  if (err >= 0) return newfd;
  yield* put_unused_fd(newfd);
  return err;
}

function* do_accept(f: file, newfd: number, flags: number): Kernel<number> {
  const sock = sock_from_file(f);
  if (sock === null) return -ENOTSOCK;
  const newsock = new socket(sock.type, sock.ops);
  const newfile = sock_alloc_file(newsock, flags);
  const err = yield* sock.ops.accept(sock, newsock, f.f_flags);
  if (err < 0) fput(newfile);
  else fd_install(newfd, newfile);
  return err;
}

/** The flags of a call, with MSG_DONTWAIT for a socket that does not block. */
const withNonblock = (sock: socket, flags: number): number =>
  ((sock.file?.f_flags ?? 0) & O_NONBLOCK) !== 0 ? flags | MSG_DONTWAIT : flags;

export const __sys_sendto = (
  fd: number,
  iter: iov_iter,
  flags: number,
  addr: sockaddr | null,
): Kernel<number> =>
  onSocket(fd, (sock) => {
    const msg = new msghdr(iter, withNonblock(sock, flags));
    msg.msg_name = addr;
    return sock.ops.sendmsg(sock, msg);
  });

export const __sys_recvfrom = (fd: number, iter: iov_iter, flags: number): Kernel<number> =>
  onSocket(fd, (sock) => {
    const all = withNonblock(sock, flags);
    return sock.ops.recvmsg(sock, new msghdr(iter, all), all);
  });

export const __sys_setsockopt = (
  fd: number,
  level: number,
  optname: number,
  value: number,
): Kernel<number> =>
  onSocket(fd, (sock) => {
    if (level === SOL_SOCKET) return sock_setsockopt(sock, optname, value);
    return sock.ops.setsockopt?.(sock, level, optname, value) ?? refused();
  });

/** `out` is filled in; a value that is a struct is reported by its one number that matters. */
export const __sys_getsockopt = (
  fd: number,
  level: number,
  optname: number,
  out: { value: number },
): Kernel<number> =>
  onSocket(fd, (sock) => {
    if (level === SOL_SOCKET) return sock_getsockopt(sock, optname, out);
    return sock.ops.getsockopt?.(sock, level, optname, out) ?? refused();
  });

function* refused(): Kernel<number> {
  return -EOPNOTSUPP;
}
