/**
 * Opening a path. Linux: fs/open.c, fs/namei.c (path_openat and below).
 *
 * Differs from Linux: O_PATH is refused with -EINVAL, O_TMPFILE with -EOPNOTSUPP, as by a file
 * system without it.
 */
import {
  FMODE_WRITE,
  fd_install,
  fdget,
  file,
  fput,
  fput_close_sync,
  get_unused_fd_flags,
  put_unused_fd,
} from '../file.ts';
import { fsnotify_create, fsnotify_open } from '../notify/fsnotify.ts';
import type { Kernel } from '../op.ts';
import {
  EACCES,
  EBADF,
  EEXIST,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  EOPNOTSUPP,
} from '../uapi/errno.ts';
import {
  __O_TMPFILE,
  AT_FDCWD,
  O_ACCMODE,
  O_APPEND,
  O_ASYNC,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_SYNC,
  O_TRUNC,
} from '../uapi/fcntl.ts';
import { S_IFMT, S_IFREG } from '../uapi/stat.ts';
import { changes, umask } from './create.ts';
import { d_add, d_path, type dentry, dget } from './dcache.ts';
import { inode_lock, inode_unlock } from './inode.ts';
import {
  d_is_dir,
  filename_parentat,
  LAST_NORM,
  LAST_ROOT,
  lookup_one_qstr_excl,
  type nameidata,
  user_path_at,
} from './namei.ts';
import { do_truncate, shmem_get_inode } from './shmem.ts';

const VALID_OPEN_FLAGS: number =
  O_ACCMODE |
  O_CREAT |
  O_EXCL |
  O_NOCTTY |
  O_TRUNC |
  O_APPEND |
  O_NONBLOCK |
  O_SYNC |
  O_ASYNC |
  O_DIRECT |
  O_LARGEFILE |
  O_DIRECTORY |
  O_NOFOLLOW |
  O_NOATIME |
  O_CLOEXEC |
  O_PATH |
  __O_TMPFILE;

/** 0 for flags that can go together, or -errno. */
function build_open_flags(flags: number): number {
  if ((flags & O_PATH) !== 0) return -EINVAL;
  if ((flags & O_DIRECTORY) !== 0 && (flags & O_CREAT) !== 0) return -EINVAL;
  if ((flags & __O_TMPFILE) === 0) return 0;
  const writes = (flags & O_ACCMODE) !== O_RDONLY;
  return (flags & O_DIRECTORY) !== 0 && writes ? -EOPNOTSUPP : -EINVAL;
}

const isRegular = (d: dentry): boolean => (d.d_inode.i_mode & S_IFMT) === S_IFREG;

/** Opens a path behind the lowest free descriptor; the descriptor, or -errno. */
export function* do_sys_open(
  dfd: number,
  filename: string,
  anyFlags: number,
  mode: number,
): Kernel<number> {
  const flags = (anyFlags & VALID_OPEN_FLAGS) | O_LARGEFILE;
  const wrong = build_open_flags(flags);
  if (wrong !== 0) return wrong;
  if (filename === '') return -ENOENT;
  const fd = yield* get_unused_fd_flags(flags);
  if (fd < 0) return fd;
  const f = yield* do_filp_open(dfd, filename, flags, mode);
  if (typeof f === 'number') {
    yield* put_unused_fd(fd);
    return f;
  }
  fd_install(fd, f);
  return fd;
}

/** The open file, or -errno. */
function* do_filp_open(
  dfd: number,
  filename: string,
  flags: number,
  mode: number,
): Kernel<file | number> {
  const nd = yield* filename_parentat(dfd, filename);
  if (typeof nd === 'number') return nd;
  if ((flags & O_CREAT) !== 0 && nd.last_type === LAST_NORM) {
    return yield* openOrCreate(nd, flags, mode);
  }
  const found = nd.last_type === LAST_ROOT ? nd.dir : yield* user_path_at(dfd, filename, false);
  return typeof found === 'number' ? found : yield* do_open(found, nd, flags, false);
}

/** The last name of a path, made if it is not there. */
function* openOrCreate(nd: nameidata, flags: number, mode: number): Kernel<file | number> {
  if (nd.slashes) return -EISDIR;
  const dir = nd.dir.d_inode;
  yield inode_lock(dir);
  let found = dir.dead ? -ENOENT : lookup_one_qstr_excl(nd);
  const created = found === null;
  if (found === null) {
    found = -EACCES;
    if (changes(dir)) {
      const kept = S_IFREG | (mode & 0o7777 & ~umask);
      found = d_add(nd.dir, nd.last, shmem_get_inode(dir, kept, null));
      yield* fsnotify_create(dir, found);
    }
  }
  inode_unlock(dir);
  return typeof found === 'number' ? found : yield* do_open(found, nd, flags, created);
}

/** The last step: what may not be opened so, is refused. */
function* do_open(
  d: dentry,
  nd: nameidata,
  flags: number,
  created: boolean,
): Kernel<file | number> {
  const isDir = d_is_dir(d);
  if ((flags & O_CREAT) !== 0) {
    if ((flags & O_EXCL) !== 0 && !created) return -EEXIST;
    if (isDir) return -EISDIR;
  }
  if (!isDir && ((flags & O_DIRECTORY) !== 0 || nd.slashes)) return -ENOTDIR;
  const writes = (flags & O_ACCMODE) !== O_RDONLY || (flags & O_TRUNC) !== 0;
  if (isDir && writes) return -EISDIR;
  const f = yield* vfs_open(d, flags);
  if (typeof f === 'number') return f;
  if ((flags & O_TRUNC) !== 0 && !created && isRegular(d)) yield* do_truncate(d, 0);
  return f;
}

/** A new open file of an inode; -errno where the inode refuses. */
export function* vfs_open(d: dentry, flags: number): Kernel<file | number> {
  const { i_fop } = d.d_inode;
  if (i_fop === null) return -EINVAL;
  const f = new file(i_fop, d_path(d), d.d_inode, flags, null, d);
  const error = i_fop.open === undefined ? 0 : yield* i_fop.open(f);
  if (error !== 0) return error;
  f.f_flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
  dget(d);
  if ((flags & O_DIRECT) !== 0 && f.f_op.canDirect !== true) {
    yield* fput_close_sync(f);
    return -EINVAL;
  }
  yield* fsnotify_open(f);
  return f;
}

/** Gives a file that is open for writing another length; 0 or -errno. */
export function* do_sys_ftruncate(fd: number, length: number): Kernel<number> {
  if (length < 0) return -EINVAL;
  const f = fdget(fd);
  if (f === null) return -EBADF;
  const d = f.f_path;
  const writes = (f.f_mode & FMODE_WRITE) !== 0;
  const ret = d !== null && isRegular(d) && writes ? yield* do_truncate(d, length) : -EINVAL;
  fput(f);
  return ret;
}

/** Gives what a path names another length; 0 or -errno. */
export function* do_sys_truncate(pathname: string, length: number): Kernel<number> {
  if (length < 0) return -EINVAL;
  const d = yield* user_path_at(AT_FDCWD, pathname, false);
  if (typeof d === 'number') return d;
  if (d_is_dir(d)) return -EISDIR;
  return isRegular(d) ? yield* do_truncate(d, length) : -EINVAL;
}
