/**
 * System calls on sockets, from the descriptor to the family and back. Linux: net/socket.c.
 */
import {
  fd_install,
  fdget,
  type file,
  fput,
  get_unused_fd_flags,
  put_unused_fd,
} from '../kernel/file.ts';
import type { Kernel } from '../kernel/op.ts';
import type { iov_iter } from '../kernel/uaccess.ts';
import { EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP } from '../kernel/uapi/errno.ts';
import { O_NONBLOCK } from '../kernel/uapi/fcntl.ts';
import {
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_TYPE_MASK,
  SOL_SOCKET,
  SOMAXCONN,
} from '../kernel/uapi/socket.ts';
import { type OptionPointer, sock_getsockopt } from './getsockopt.ts';
import {
  type CreateSocket,
  msghdr,
  sock_alloc_file,
  sock_from_file,
  sock_recvmsg,
  sock_sendmsg,
  type sockaddr,
  socket,
} from './socket.ts';
import { firstNumber, type OptionValue, sock_setsockopt } from './sockopt.ts';

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
export const withNonblock = (sock: socket, flags: number): number =>
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
    return sock_sendmsg(sock, msg);
  });

/** Fills `from` in with the sender's address, if that has one. */
export const __sys_recvfrom = (
  fd: number,
  iter: iov_iter,
  flags: number,
  from: { addr: sockaddr | null } | null,
): Kernel<number> =>
  onSocket(fd, (sock) => {
    const all = withNonblock(sock, flags);
    const msg = new msghdr(iter, all);
    const received = sock_recvmsg(sock, msg, all);
    return from === null ? received : withSender(received, msg, from);
  });

function* withSender(
  received: Kernel<number>,
  msg: msghdr,
  from: { addr: sockaddr | null },
): Kernel<number> {
  const ret = yield* received;
  if (ret >= 0) from.addr = msg.msg_name;
  return ret;
}

/** The socket's own address, or with `peer` that of its peer; 0 or -errno. */
export const __sys_getsockname = (
  fd: number,
  out: { addr: sockaddr | null },
  peer: boolean,
): Kernel<number> =>
  onSocket(fd, function* (sock) {
    const addr = yield* sock.ops.getname(sock, peer);
    if (typeof addr === 'number') return addr;
    out.addr = addr;
    return 0;
  });

export const __sys_setsockopt = (
  fd: number,
  level: number,
  optname: number,
  value: OptionValue,
): Kernel<number> =>
  onSocket(fd, (sock) => {
    if (level === SOL_SOCKET) return sock_setsockopt(sock, optname, value);
    return sock.ops.setsockopt?.(sock, level, optname, firstNumber(value)) ?? refused();
  });

/** `out` is filled in; a value that is a struct is reported by its one number that matters. */
export const __sys_getsockopt = (
  fd: number,
  level: number,
  optname: number,
  out: OptionPointer,
): Kernel<number> =>
  onSocket(fd, (sock) => {
    if (level === SOL_SOCKET) return sock_getsockopt(sock, optname, out);
    return sock.ops.getsockopt?.(sock, level, optname, out) ?? refused();
  });

function* refused(): Kernel<number> {
  return -EOPNOTSUPP;
}
