/**
 * Calls about paths, and about positions in files. Linux: fs/open.c, fs/namei.c, fs/read_write.c.
 */
import { fdget, fput } from '../kernel/file.ts';
import { do_linkat, do_mkdirat, do_rmdir, do_unlinkat } from '../kernel/fs/create.ts';
import { do_sys_ftruncate, do_sys_open, do_sys_truncate } from '../kernel/fs/open.ts';
import { do_renameat2 } from '../kernel/fs/rename.ts';
import type { Kernel } from '../kernel/op.ts';
import { EBADF, EINVAL, ESPIPE } from '../kernel/uapi/errno.ts';
import { AT_FDCWD } from '../kernel/uapi/fcntl.ts';
import { SEEK_HOLE, SEEK_SET } from '../kernel/uapi/fs.ts';

export const sys_open = (filename: string, flags: number, mode: number): Kernel<number> =>
  do_sys_open(AT_FDCWD, filename, flags, mode);

export const sys_openat = (
  dfd: number,
  filename: string,
  flags: number,
  mode: number,
): Kernel<number> => do_sys_open(dfd, filename, flags, mode);

export const sys_mkdir = (pathname: string, mode: number): Kernel<number> =>
  do_mkdirat(AT_FDCWD, pathname, mode);
export const sys_rmdir = (pathname: string): Kernel<number> => do_rmdir(AT_FDCWD, pathname);
export const sys_unlink = (pathname: string): Kernel<number> => do_unlinkat(AT_FDCWD, pathname);
export const sys_link = (oldname: string, newname: string): Kernel<number> =>
  do_linkat(AT_FDCWD, oldname, AT_FDCWD, newname);
export const sys_rename = (oldname: string, newname: string): Kernel<number> =>
  do_renameat2(AT_FDCWD, oldname, AT_FDCWD, newname, 0);

export const sys_renameat2 = (
  olddfd: number,
  oldname: string,
  newdfd: number,
  newname: string,
  flags: number,
): Kernel<number> => do_renameat2(olddfd, oldname, newdfd, newname, flags);

export const sys_truncate = (path: string, length: number): Kernel<number> =>
  do_sys_truncate(path, length);
export const sys_ftruncate = (fd: number, length: number): Kernel<number> =>
  do_sys_ftruncate(fd, length);

/** Moves the position of an open file; the new one, or -errno. */
export function* sys_lseek(fd: number, offset: number, whence: number): Kernel<number> {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  let ret = -EINVAL;
  if (whence >= SEEK_SET && whence <= SEEK_HOLE) {
    const { llseek } = f.f_op;
    ret = llseek === undefined ? -ESPIPE : yield* llseek(f, offset, whence);
  }
  fput(f);
  return ret;
}
