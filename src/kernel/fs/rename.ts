/**
 * Giving a file another name. Linux: fs/namei.c (do_renameat2, vfs_rename), mm/shmem.c.
 *
 * Differs from Linux: RENAME_WHITEOUT is refused.
 */
import { current } from '../current.ts';
import { mutex_lock, mutex_unlock } from '../mutex.ts';
import { fsnotify_move } from '../notify/fsnotify.ts';
import type { Kernel } from '../op.ts';
import { EBUSY, EEXIST, EINVAL, ENOENT, ENOTDIR, ENOTEMPTY, EPERM, EXDEV } from '../uapi/errno.ts';
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from '../uapi/fs.ts';
import { changes, isEmpty, may_delete } from './create.ts';
import { __d_drop, d_exchange, d_mountpoint, d_move, type dentry, dput } from './dcache.ts';
import {
  I_MUTEX_CHILD,
  I_MUTEX_NONDIR2,
  I_MUTEX_NORMAL,
  I_MUTEX_PARENT,
  I_MUTEX_PARENT2,
  type inode,
  inode_lock_nested,
  inode_unlock,
} from './inode.ts';
import {
  childTowards,
  d_is_dir,
  filename_parentat,
  LAST_NORM,
  lookup_one_qstr_excl,
  type nameidata,
} from './namei.ts';

/**
 * Locks two directories, the upper one first; the entry of the upper one that leads down to the
 * other, null if neither is above the other.
 */
function* lock_rename(p1: dentry, p2: dentry): Kernel<dentry | null> {
  if (p1 === p2) {
    yield inode_lock_nested(p1.d_inode, I_MUTEX_PARENT);
    return null;
  }
  yield mutex_lock(current.kernel.fs.s_vfs_rename_mutex);
  const below = childTowards(p2, p1);
  const [first, second] = below === null ? [p1, p2] : [p2, p1];
  yield inode_lock_nested(first.d_inode, I_MUTEX_PARENT);
  yield inode_lock_nested(second.d_inode, I_MUTEX_PARENT2);
  return below ?? childTowards(p1, p2);
}

function unlock_rename(p1: dentry, p2: dentry): void {
  inode_unlock(p1.d_inode);
  if (p1 === p2) return;
  inode_unlock(p2.d_inode);
  mutex_unlock(current.kernel.fs.s_vfs_rename_mutex);
}

export function* do_renameat2(
  olddfd: number,
  from: string,
  newdfd: number,
  to: string,
  flags: number,
): Kernel<number> {
  if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) return -EINVAL;
  if (flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) return -EINVAL;
  const old = yield* filename_parentat(olddfd, from);
  if (typeof old === 'number') return old;
  const nd = yield* filename_parentat(newdfd, to);
  if (typeof nd === 'number') return nd;
  if (old.dir.d_inode.s_dev !== nd.dir.d_inode.s_dev) return -EXDEV;
  if (old.last_type !== LAST_NORM) return -EBUSY;
  if (nd.last_type !== LAST_NORM) return (flags & RENAME_NOREPLACE) !== 0 ? -EEXIST : -EBUSY;
  const trap = yield* lock_rename(nd.dir, old.dir);
  const replaced: dentry[] = [];
  const ret = yield* renameLocked(old, nd, flags, trap, replaced);
  for (const d of replaced) yield* dput(d);
  unlock_rename(nd.dir, old.dir);
  return ret;
}

/** Looks both names up and renames; puts what was replaced, and is still to be put, in `replaced`. */
function* renameLocked(
  old: nameidata,
  nd: nameidata,
  flags: number,
  trap: dentry | null,
  replaced: dentry[],
): Kernel<number> {
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  const d = lookup_one_qstr_excl(old) ?? -ENOENT;
  if (typeof d === 'number') return d;
  const target = lookup_one_qstr_excl(nd);
  if (typeof target === 'number') return target;
  if (target === null && exchange) return -ENOENT;
  if (target !== null && (flags & RENAME_NOREPLACE) !== 0) return -EEXIST;
  if (exchange && target !== null && !d_is_dir(target) && nd.slashes) return -ENOTDIR;
  if (!d_is_dir(d) && (old.slashes || (!exchange && nd.slashes))) return -ENOTDIR;
  if (d === trap) return -EINVAL;
  if (target !== null && target === trap) return exchange ? -EINVAL : -ENOTEMPTY;
  return yield* vfs_rename(old.dir.d_inode, d, nd, target, exchange, replaced);
}

/** May `d` stand where `target` does, and the other way round? 0 or -errno. */
function mayRename(
  old_dir: inode,
  d: dentry,
  new_dir: inode,
  target: dentry | null,
  exchange: boolean,
): number {
  const error = may_delete(old_dir, d, d_is_dir(d));
  if (error !== 0) return error;
  if (target === null) return new_dir.dead ? -ENOENT : changes(old_dir) ? 0 : -EPERM;
  const clash = may_delete(new_dir, target, d_is_dir(exchange ? target : d));
  return clash !== 0 ? clash : changes(old_dir) ? 0 : -EPERM;
}

function* vfs_rename(
  old_dir: inode,
  d: dentry,
  nd: nameidata,
  target: dentry | null,
  exchange: boolean,
  replaced: dentry[],
): Kernel<number> {
  const new_dir = nd.dir.d_inode;
  if (d.d_inode === target?.d_inode) return 0;
  const error = mayRename(old_dir, d, new_dir, target, exchange);
  if (error !== 0) return error;
  const locked = yield* lockChildren(old_dir !== new_dir, d, target, exchange);
  let ret = 0;
  if (d_mountpoint(d) || (target !== null && d_mountpoint(target))) ret = -EBUSY;
  else if (!exchange && target !== null && !isEmpty(target)) ret = -ENOTEMPTY;
  const old_name = d.d_name;
  if (ret === 0 && exchange && target !== null) d_exchange(d, target);
  else if (ret === 0) moveOver(old_dir, d, nd, target, replaced);
  for (const i of locked) inode_unlock(i);
  if (ret !== 0) return ret;
  yield* fsnotify_move(old_dir, new_dir, old_name, exchange ? null : (target?.d_inode ?? null), d);
  if (exchange && target !== null) {
    yield* fsnotify_move(new_dir, old_dir, d.d_name, null, target);
  }
  return 0;
}

/** Locks what is renamed and what is replaced; directories only where their parent changes. */
function* lockChildren(
  across: boolean,
  d: dentry,
  target: dentry | null,
  exchange: boolean,
): Kernel<inode[]> {
  const isDir = d_is_dir(d);
  const wanted: inode[] = [];
  if (!isDir || across) wanted.push(d.d_inode);
  if (target !== null && (!d_is_dir(target) || across || !exchange)) wanted.push(target.d_inode);
  const levels = isDir ? [I_MUTEX_CHILD, I_MUTEX_NORMAL] : [I_MUTEX_NORMAL, I_MUTEX_NONDIR2];
  if (!isDir) wanted.sort((a, b) => a.i_ino - b.i_ino); // Files by their address.
  for (const [i, each] of wanted.entries()) {
    yield inode_lock_nested(each, levels[i] as number);
  }
  return wanted;
}

/** Takes `target`, if any, out of its directory, and puts `d` there. */
function moveOver(
  old_dir: inode,
  d: dentry,
  nd: nameidata,
  target: dentry | null,
  replaced: dentry[],
): void {
  const isDir = d_is_dir(d);
  if (target !== null) {
    __d_drop(target);
    target.d_inode.i_nlink = isDir ? 0 : target.d_inode.i_nlink - 1;
    if (isDir) target.d_inode.dead = true;
    replaced.push(target);
  } else if (isDir) nd.dir.d_inode.i_nlink++;
  if (isDir) old_dir.i_nlink--;
  d_move(d, nd.dir, nd.last);
}
