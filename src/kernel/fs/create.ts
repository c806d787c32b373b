/**
 * Making names and taking them away: mkdir, link, unlink, rmdir. Linux: fs/namei.c, mm/shmem.c.
 *
 * Differs from Linux: what mm/shmem.c does to a directory is done here, as no other file system
 * lets its directories be changed.
 */
import {
  fsnotify_create,
  fsnotify_delete,
  fsnotify_link,
  fsnotify_link_count,
} from '../notify/fsnotify.ts';
import type { Kernel } from '../op.ts';
import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EXDEV,
} from '../uapi/errno.ts';
import { S_IFDIR } from '../uapi/stat.ts';
import { __d_drop, d_add, d_mountpoint, type dentry, dput } from './dcache.ts';
import {
  I_MUTEX_PARENT,
  type inode,
  inode_lock,
  inode_lock_nested,
  inode_unlock,
  S_ISDIR,
} from './inode.ts';
import {
  d_is_dir,
  filename_parentat,
  LAST_DOT,
  LAST_DOTDOT,
  LAST_NORM,
  LAST_ROOT,
  lookup_one_qstr_excl,
  type nameidata,
  user_path_at,
} from './namei.ts';
import { shmem_get_inode } from './shmem.ts';

/** May the entry be removed, or be replaced by one of the other kind? 0 or -errno. */
export function may_delete(dir: inode, victim: dentry, isdir: boolean): number {
  if (isdir && !d_is_dir(victim)) return -ENOTDIR;
  if (!isdir && d_is_dir(victim)) return -EISDIR;
  return dir.dead ? -ENOENT : 0;
}

/** Can things be made in the directory and removed from it? */
export const changes = (dir: inode): boolean => dir.i_op?.changes === true;

/**
 * Locks the directory of a name that is to be made; -errno, with nothing locked, where it is there
 * already or cannot be made.
 */
export function* filename_create(
  dfd: number,
  name: string,
  want_dir: boolean,
): Kernel<nameidata | number> {
  const nd = yield* filename_parentat(dfd, name);
  if (typeof nd === 'number') return nd;
  if (nd.last_type !== LAST_NORM) return -EEXIST;
  yield inode_lock_nested(nd.dir.d_inode, I_MUTEX_PARENT);
  const found = lookup_one_qstr_excl(nd);
  if (found === null && (want_dir || !nd.slashes)) return nd;
  inode_unlock(nd.dir.d_inode);
  return typeof found === 'number' ? found : found === null ? -ENOENT : -EEXIST;
}

/** Makes an inode in a directory that filename_create() has locked; its name, or -errno. */
export function* vfs_mknod(nd: nameidata, mode: number, data: unknown): Kernel<dentry | number> {
  const dir = nd.dir.d_inode;
  if (dir.dead) return -ENOENT;
  if (!changes(dir)) return -EPERM;
  const made = d_add(nd.dir, nd.last, shmem_get_inode(nd.dir.d_inode, mode, data));
  if (d_is_dir(made)) dir.i_nlink++;
  yield* fsnotify_create(dir, made);
  return made;
}

export function* do_mkdirat(dfd: number, name: string, mode: number): Kernel<number> {
  const nd = yield* filename_create(dfd, name, true);
  if (typeof nd === 'number') return nd;
  const made = yield* vfs_mknod(nd, S_IFDIR | (mode & 0o1777 & ~umask), null);
  inode_unlock(nd.dir.d_inode);
  return typeof made === 'number' ? made : 0;
}

/** Permissions that nothing new has. */
export const umask = 0o022;

export function* do_linkat(
  olddfd: number,
  oldname: string,
  newdfd: number,
  newname: string,
): Kernel<number> {
  const old = yield* user_path_at(olddfd, oldname, false);
  if (typeof old === 'number') return old;
  const nd = yield* filename_create(newdfd, newname, false);
  if (typeof nd === 'number') return nd;
  const ret =
    old.d_inode.s_dev === nd.dir.d_inode.s_dev ? yield* vfs_link(old.d_inode, nd) : -EXDEV;
  inode_unlock(nd.dir.d_inode);
  return ret;
}

function* vfs_link(of: inode, nd: nameidata): Kernel<number> {
  const dir = nd.dir.d_inode;
  if (dir.dead) return -ENOENT;
  if (!changes(dir) || S_ISDIR(of.i_mode)) return -EPERM;
  yield inode_lock(of);
  const gone = of.i_nlink === 0;
  if (!gone) of.i_nlink++;
  inode_unlock(of);
  if (gone) return -ENOENT;
  yield* fsnotify_link(dir, d_add(nd.dir, nd.last, of));
  return 0;
}

/** The entry that a path names for removal, with its directory locked; or -errno. */
function* lockVictim(nd: nameidata): Kernel<dentry | number> {
  yield inode_lock_nested(nd.dir.d_inode, I_MUTEX_PARENT);
  const found = lookup_one_qstr_excl(nd) ?? -ENOENT;
  if (typeof found === 'number') inode_unlock(nd.dir.d_inode);
  return found;
}

/** Takes the name away; who has the file open keeps it. */
function* d_delete_notify(dir: inode, d: dentry): Kernel<void> {
  __d_drop(d);
  yield* dput(d);
  yield* fsnotify_delete(dir, d);
}

/** Called with the directory's i_rwsem held. */
export function* vfs_unlink(dir: inode, d: dentry): Kernel<number> {
  const target = d.d_inode;
  const error = may_delete(dir, d, false);
  if (error !== 0) return error;
  if (!changes(dir)) return -EPERM;
  yield inode_lock(target);
  target.i_nlink--;
  inode_unlock(target);
  yield* fsnotify_link_count(target);
  yield* d_delete_notify(dir, d);
  return 0;
}

export function* do_unlinkat(dfd: number, name: string): Kernel<number> {
  const nd = yield* filename_parentat(dfd, name);
  if (typeof nd === 'number') return nd;
  if (nd.last_type !== LAST_NORM) return -EISDIR;
  const victim = yield* lockVictim(nd);
  if (typeof victim === 'number') return victim;
  const slashes = d_is_dir(victim) ? -EISDIR : -ENOTDIR;
  const ret = nd.slashes ? slashes : yield* vfs_unlink(nd.dir.d_inode, victim);
  inode_unlock(nd.dir.d_inode);
  return ret;
}

/** Called with the directory's i_rwsem held. */
function* vfs_rmdir(dir: inode, d: dentry): Kernel<number> {
  const target = d.d_inode;
  const error = may_delete(dir, d, true);
  if (error !== 0) return error;
  if (!changes(dir)) return -EPERM;
  yield inode_lock(target);
  const busy = d_mountpoint(d) ? -EBUSY : isEmpty(d) ? 0 : -ENOTEMPTY;
  if (busy === 0) {
    dir.i_nlink--;
    target.i_nlink = 0;
    target.dead = true;
  }
  inode_unlock(target);
  if (busy === 0) yield* d_delete_notify(dir, d);
  return busy;
}

/** Is it no directory, or one with nothing in it? */
export const isEmpty = ({ children }: dentry): boolean => children === null || children.size === 0;

const notRemoved: Readonly<Record<number, number>> = {
  [LAST_DOTDOT]: -ENOTEMPTY,
  [LAST_DOT]: -EINVAL,
  [LAST_ROOT]: -EBUSY,
};

export function* do_rmdir(dfd: number, name: string): Kernel<number> {
  const nd = yield* filename_parentat(dfd, name);
  if (typeof nd === 'number') return nd;
  const refused = notRemoved[nd.last_type];
  if (refused !== undefined) return refused;
  const victim = yield* lockVictim(nd);
  if (typeof victim === 'number') return victim;
  const ret = yield* vfs_rmdir(nd.dir.d_inode, victim);
  inode_unlock(nd.dir.d_inode);
  return ret;
}
