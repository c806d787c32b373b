/** read, write, readv, writev. Linux: fs/read_write.c. */
import { FMODE_READ, FMODE_WRITE, fdget, type file, fput } from '../kernel/file.ts';
import { fsnotify_access, fsnotify_modify } from '../kernel/notify/fsnotify.ts';
import type { Kernel } from '../kernel/op.ts';
import { iov_iter } from '../kernel/uaccess.ts';
import { EBADF, EINVAL } from '../kernel/uapi/errno.ts';

/** Reads up to `buf.length` bytes; how many they were, or -errno. */
export function* sys_read(fd: number, buf: Uint8Array): Kernel<number> {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  let ret = -EBADF;
  if ((f.f_mode & FMODE_READ) !== 0) {
    const { read_iter } = f.f_op;
    ret = read_iter === undefined ? -EINVAL : yield* read_iter(f, new iov_iter(buf));
    if (ret > 0 && f.f_path !== null) yield* fsnotify_access(f);
  }
  fput(f);
  return ret;
}

/** Writes up to all of `buf`; how many bytes were taken, or -errno. */
export function* sys_write(fd: number, buf: Uint8Array): Kernel<number> {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  let ret = -EBADF;
  if ((f.f_mode & FMODE_WRITE) !== 0) {
    const { write_iter } = f.f_op;
    ret = write_iter === undefined ? -EINVAL : yield* write_iter(f, new iov_iter(buf));
    if (ret > 0 && f.f_path !== null) yield* fsnotify_modify(f);
  }
  fput(f);
  return ret;
}

/** The most segments that readv() and writev() take. */
export const UIO_MAXIOV = 1024;

const totalOf = (iov: readonly Uint8Array[]): number =>
  iov.reduce((sum, part) => sum + part.length, 0);

/** Reads into several buffers, one after the other. */
export function* sys_readv(fd: number, iov: readonly Uint8Array[]): Kernel<number> {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  const ret = yield* vfs_readv(f, iov);
  if (ret >= 0 && f.f_path !== null) yield* fsnotify_access(f);
  fput(f);
  return ret;
}

function* vfs_readv(f: file, iov: readonly Uint8Array[]): Kernel<number> {
  if ((f.f_mode & FMODE_READ) === 0) return -EBADF;
  if (f.f_op.read_iter === undefined || iov.length > UIO_MAXIOV) return -EINVAL;
  const whole = new Uint8Array(totalOf(iov));
  if (whole.length === 0) return 0;
  if (f.f_op.readsSegments === true) return yield* do_loop_readv_writev(f, iov, f.f_op.read_iter);
  const ret = yield* f.f_op.read_iter(f, new iov_iter(whole));
  let done = 0;
  for (const part of iov) {
    if (done >= ret) break;
    const chunk = whole.subarray(done, Math.min(ret, done + part.length));
    part.set(chunk);
    done += chunk.length;
  }
  return ret;
}

/** Writes several buffers as if they were one, where the file can. */
export function* sys_writev(fd: number, iov: readonly Uint8Array[]): Kernel<number> {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  const ret = yield* vfs_writev(f, iov);
  if (ret > 0 && f.f_path !== null) yield* fsnotify_modify(f);
  fput(f);
  return ret;
}

function* vfs_writev(f: file, iov: readonly Uint8Array[]): Kernel<number> {
  if ((f.f_mode & FMODE_WRITE) === 0) return -EBADF;
  if (f.f_op.write_iter === undefined || iov.length > UIO_MAXIOV) return -EINVAL;
  const whole = new Uint8Array(totalOf(iov));
  if (whole.length === 0) return 0;
  if (f.f_op.writesSegments === true) {
    return yield* do_loop_readv_writev(f, iov, f.f_op.write_iter);
  }
  let at = 0;
  for (const part of iov) {
    whole.set(part, at);
    at += part.length;
  }
  return yield* f.f_op.write_iter(f, new iov_iter(whole));
}

/** A call a segment, up to the first that is refused or done only in part. */
function* do_loop_readv_writev(
  f: file,
  iov: readonly Uint8Array[],
  call: (f: file, part: iov_iter) => Kernel<number>,
): Kernel<number> {
  let ret = 0;
  for (const [i, part] of iov.entries()) {
    if (i > 0 && part.length === 0) continue; // Advancing steps over it.
    const nr = yield* call(f, new iov_iter(part));
    if (nr < 0) return ret === 0 ? nr : ret;
    ret += nr;
    if (nr !== part.length) break;
  }
  return ret;
}
