/**
 * From a path to what it names. Linux: fs/namei.c.
 *
 * Differs from Linux: a walk takes one look at each directory, without its lock; there are no
 * symbolic links; every process has the root for its working directory.
 */
import { encodeText } from '../bytes.ts';
import { current } from '../current.ts';
import { fdget, fput } from '../file.ts';
import type { Kernel } from '../op.ts';
import { EBADF, ENAMETOOLONG, ENOENT, ENOTDIR } from '../uapi/errno.ts';
import { AT_FDCWD } from '../uapi/fcntl.ts';
import { type dentry, IS_ROOT } from './dcache.ts';
import { S_ISDIR } from './inode.ts';

const NAME_MAX = 255;
const PATH_MAX = 4096;

/** What stands at the end of a path: a name, or nothing that could be made or removed. */
export const LAST_NORM = 0;
export const LAST_ROOT = 1;
export const LAST_DOT = 2;
export const LAST_DOTDOT = 3;

/** Where the last name of a path is to be looked for. */
export interface nameidata {
  readonly dir: dentry;
  readonly last: string;
  readonly last_type: number;
  // Ours: a slash follows, so that it has to be a directory.
  readonly slashes: boolean;
}

const tooLong = (name: string, most: number): boolean =>
  name.length > most || (name.length > most / 3 && encodeText(name).length > most);

export const d_is_dir = (d: dentry): boolean => S_ISDIR(d.d_inode.i_mode);

/** The entry of a directory under that name, or null. */
export const lookup_one = (dir: dentry, name: string): dentry | null =>
  dir.children?.get(name) ?? dir.d_inode.i_op?.lookup?.(dir, name) ?? null;

/** Where a walk starts: -EBADF, -ENOTDIR for a descriptor that is no directory. */
function path_init(dfd: number, name: string): dentry | number {
  const { root } = current.kernel.fs;
  if (name.startsWith('/') || dfd === AT_FDCWD) return root;
  const f = fdget(dfd);
  if (f === null) return -EBADF;
  const start = f.f_path;
  fput(f);
  return start !== null && d_is_dir(start) ? start : -ENOTDIR;
}

/** One step of a walk, into what has to be a directory by the next one. */
function walk_component(dir: dentry, name: string): dentry | number {
  if (!d_is_dir(dir)) return -ENOTDIR;
  if (name === '.') return dir;
  if (name === '..') return dir.d_parent;
  if (tooLong(name, NAME_MAX)) return -ENAMETOOLONG;
  return lookup_one(dir, name) ?? -ENOENT;
}

const lastTypes: Readonly<Record<string, number>> = {
  '': LAST_ROOT,
  '.': LAST_DOT,
  '..': LAST_DOTDOT,
};

/** Walks up to the last name of a path, which may not be there; or -errno. */
export function* filename_parentat(dfd: number, name: string): Kernel<nameidata | number> {
  if (name === '') return -ENOENT;
  if (tooLong(name, PATH_MAX - 1)) return -ENAMETOOLONG;
  let dir = path_init(dfd, name);
  const parts = name.split('/').filter((part) => part !== '');
  const last = parts.pop() ?? '';
  if (!current.kernel.alone) yield current.kernel.fs.look;
  for (const part of parts) {
    if (typeof dir === 'number') return dir;
    dir = walk_component(dir, part);
  }
  if (typeof dir === 'number') return dir;
  if (!d_is_dir(dir)) return -ENOTDIR;
  return { dir, last, last_type: lastTypes[last] ?? LAST_NORM, slashes: name.endsWith('/') };
}

/** What a path names; -errno, also -ENOTDIR where it has to be a directory and is none. */
export function* user_path_at(
  dfd: number,
  name: string,
  directory: boolean,
): Kernel<dentry | number> {
  const nd = yield* filename_parentat(dfd, name);
  if (typeof nd === 'number') return nd;
  const found = nd.last_type === LAST_ROOT ? nd.dir : walk_component(nd.dir, nd.last);
  if (typeof found === 'number') return found;
  return (directory || nd.slashes) && !d_is_dir(found) ? -ENOTDIR : found;
}

/**
 * The entry for the last name of a path; null for one that can be made, -errno for one that cannot
 * be there. Called with the directory's i_rwsem held.
 */
export function lookup_one_qstr_excl({ dir, last }: nameidata): dentry | number | null {
  if (tooLong(last, NAME_MAX)) return -ENAMETOOLONG;
  const found = lookup_one(dir, last);
  return found === null && dir.d_inode.i_op?.lookup !== undefined ? -ENOENT : found;
}

/** Ours: of the directories on the way from `top` down to `d`, the first; null if there is none. */
export function childTowards(top: dentry, d: dentry): dentry | null {
  for (let at = d; !IS_ROOT(at); at = at.d_parent) if (at.d_parent === top) return at;
  return null;
}
