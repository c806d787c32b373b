/** close, dup, dup2, dup3, fcntl, ioctl. Linux: fs/file.c, fs/open.c, fs/fcntl.c, fs/ioctl.c. */
import { __assign_bit, test_bit } from '../kernel/bitmap.ts';
import { current } from '../kernel/current.ts';
import { ENOIOCTLCMD } from '../kernel/errno.ts';
import {
  alloc_fd,
  f_dupfd,
  fd_install,
  fdget,
  type file,
  file_close_fd,
  fileAt,
  fput,
  fput_close_sync,
  ksys_dup3,
} from '../kernel/file.ts';
import type { Kernel } from '../kernel/op.ts';
import { pipe_fcntl } from '../kernel/pipe_files.ts';
import { spin_lock, spin_unlock } from '../kernel/spinlock.ts';
import { EBADF, EFAULT, EINVAL, ENOTTY } from '../kernel/uapi/errno.ts';
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_GETFL,
  F_GETOWN,
  F_GETPIPE_SZ,
  F_GETSIG,
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
import { FIOASYNC, FIOCLEX, FIONBIO, FIONCLEX, FIOQSIZE } from '../kernel/uapi/ioctls.ts';

export function* sys_close(fd: number): Kernel<number> {
  const f = yield* file_close_fd(fd);
  if (f === null) return -EBADF;
  yield* fput_close_sync(f);
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
  return fileAt(current.files, oldfd) === null ? -EBADF : oldfd;
}

export const sys_dup3 = (oldfd: number, newfd: number, flags: number): Kernel<number> =>
  ksys_dup3(oldfd, newfd, flags);

const SETFL_MASK: number = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME;

/** Replaces the status flags; only a file that can send SIGIO keeps O_ASYNC. */
function* setfl(f: file, arg: number): Kernel<number> {
  if ((arg & O_DIRECT) !== 0 && f.f_op.canDirect !== true) return -EINVAL;
  const mask = f.f_op.canAsync === true ? SETFL_MASK | O_ASYNC : SETFL_MASK;
  yield spin_lock(f.f_lock);
  f.f_flags = (arg & mask) | (f.f_flags & ~mask);
  spin_unlock(f.f_lock);
  return 0;
}

function* do_fcntl(fd: number, cmd: number, arg: number, f: file): Kernel<number> {
  const { files } = current;
  switch (cmd) {
    case F_DUPFD:
      return yield* f_dupfd(arg, f, 0);
    case F_DUPFD_CLOEXEC:
      return yield* f_dupfd(arg, f, O_CLOEXEC);
    case F_GETFD:
      return test_bit(fd, files.close_on_exec) ? FD_CLOEXEC : 0;
    case F_SETFD:
      yield spin_lock(files.file_lock);
      __assign_bit(fd, files.close_on_exec, (arg & FD_CLOEXEC) !== 0);
      spin_unlock(files.file_lock);
      return 0;
    case F_GETFL:
      return f.f_flags;
    case F_GETOWN:
    case F_GETSIG:
      return 0;
    case F_SETFL:
      return yield* setfl(f, arg);
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
    const { files } = current;
    yield spin_lock(files.file_lock);
    __assign_bit(fd, files.close_on_exec, cmd === FIOCLEX);
    spin_unlock(files.file_lock);
    return 0;
  }
  if (cmd === FIONBIO || cmd === FIOASYNC) {
    if (arg === null) return -EFAULT;
    const on = (arg as IntPointer).value !== 0;
    const flag = cmd === FIONBIO ? O_NONBLOCK : O_ASYNC;
    if (flag === O_ASYNC && f.f_op.canAsync !== true) return on ? -ENOTTY : 0;
    yield spin_lock(f.f_lock);
    f.f_flags = on ? f.f_flags | flag : f.f_flags & ~flag;
    spin_unlock(f.f_lock);
    return 0;
  }
  if (cmd === FIOQSIZE) return -ENOTTY;
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
