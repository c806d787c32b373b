/** close, dup, dup2, dup3, fcntl, ioctl. Linux: fs/file.c, fs/open.c, fs/fcntl.c, fs/ioctl.c. */
import { current } from '../kernel/current.ts';
import { ENOIOCTLCMD } from '../kernel/errno.ts';
import {
  alloc_fd,
  f_dupfd,
  fd_install,
  fdget,
  type file,
  file_close_fd,
  filp_close,
  fput,
  ksys_dup3,
} from '../kernel/file.ts';
import type { Kernel } from '../kernel/op.ts';
import { pipe_fcntl } from '../kernel/pipe_files.ts';
import { EBADF, EINVAL, ENOTTY } from '../kernel/uapi/errno.ts';
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETPIPE_SZ,
  F_SETFD,
  F_SETFL,
  F_SETPIPE_SZ,
  FD_CLOEXEC,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_DIRECT,
  O_NOATIME,
  O_NONBLOCK,
} from '../kernel/uapi/fcntl.ts';
import { FIOCLEX, FIONBIO, FIONCLEX } from '../kernel/uapi/ioctls.ts';

export function* sys_close(fd: number): Kernel<number> {
  const f = yield* file_close_fd(fd);
  if (f === null) return -EBADF;
  yield* filp_close(f);
  return 0;
}

export function* sys_dup(fildes: number): Kernel<number> {
  const f = fdget(fildes);
  if (f === null) return -EBADF;
  const fd = yield* alloc_fd(0, current.files.nofile, 0);
  if (fd >= 0) fd_install(fd, f);
  else fput(f);
  return fd;
}

export function* sys_dup2(oldfd: number, newfd: number): Kernel<number> {
  if (oldfd !== newfd) return yield* ksys_dup3(oldfd, newfd, 0);
  return (current.files.fd[oldfd] ?? null) === null ? -EBADF : oldfd;
}

export const sys_dup3 = (oldfd: number, newfd: number, flags: number): Kernel<number> =>
  ksys_dup3(oldfd, newfd, flags);

const SETFL_MASK: number = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME;

function* do_fcntl(fd: number, cmd: number, arg: number, f: file): Kernel<number> {
  const { files } = current;
  switch (cmd) {
    case F_DUPFD:
      return yield* f_dupfd(arg, f, 0);
    case F_DUPFD_CLOEXEC:
      return yield* f_dupfd(arg, f, O_CLOEXEC);
    case F_GETFD:
      return files.close_on_exec[fd] === true ? FD_CLOEXEC : 0;
    case F_SETFD:
      files.close_on_exec[fd] = (arg & FD_CLOEXEC) !== 0;
      return 0;
    case F_GETFL:
      return f.f_flags;
    case F_SETFL:
      f.f_flags = (arg & SETFL_MASK) | (f.f_flags & ~SETFL_MASK);
      return 0;
    case F_SETPIPE_SZ:
    case F_GETPIPE_SZ:
      return yield* pipe_fcntl(f, cmd, arg);
    default:
      return -EINVAL;
  }
}

export function* sys_fcntl(fd: number, cmd: number, arg: number): Kernel<number> {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  const ret = yield* do_fcntl(fd, cmd, arg, f);
  fput(f);
  return ret;
}

/** An int that ioctl() reads or fills in. */
export interface IntPointer {
  value: number;
}

function* do_vfs_ioctl(f: file, fd: number, cmd: number, arg: unknown): Kernel<number> {
  if (cmd === FIOCLEX || cmd === FIONCLEX) {
    current.files.close_on_exec[fd] = cmd === FIOCLEX;
    return 0;
  }
  if (cmd === FIONBIO) {
    if ((arg as IntPointer).value !== 0) f.f_flags |= O_NONBLOCK;
    else f.f_flags &= ~O_NONBLOCK;
    return 0;
  }
  if (f.f_op.unlocked_ioctl === undefined) return -ENOTTY;
  const ret = yield* f.f_op.unlocked_ioctl(f, cmd, arg);
  return ret === -ENOIOCTLCMD ? -ENOTTY : ret;
}

/** `arg` is the object that the request is about: an IntPointer, or epoll's parameters. */
export function* sys_ioctl(fd: number, cmd: number, arg: unknown): Kernel<number> {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  const ret = yield* do_vfs_ioctl(f, fd, cmd, arg);
  fput(f);
  return ret;
}
