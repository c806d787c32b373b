/**
 * Names of files, and the tree that they make. Linux: include/linux/dcache.h, fs/dcache.c.
 *
 * A directory has a dentry for each name in it; a dentry knows its directory also after the name
 * was taken away, as an open file does. An inode without names goes when the last dentry that was
 * opened goes.
 *
 * Invariants: `d_count` counts open files, entries below, and 1 while the name can be found.
 * Differs from Linux: no names are kept for what is not there, and none is dropped to save memory.
 */

import { fsnotify_inoderemove } from '../notify/fsnotify.ts';
import type { Kernel } from '../op.ts';
import { type inode, S_ISDIR } from './inode.ts';

export class dentry {
  d_name: string;
  /** Itself, for the root. */
  d_parent: dentry;
  readonly d_inode: inode;
  d_count = 1;
  /** It can be found under its name. */
  hashed = true;

  // Ours: what is in a directory, oldest first; null in what is none, and as long as nobody asked.
  // Under d_inode's i_rwsem.
  private entries: Map<string, dentry> | null = null;

  constructor(d_name: string, parent: dentry | null, inode: inode) {
    this.d_name = d_name;
    this.d_inode = inode;
    this.d_parent = parent ?? this;
  }

  get children(): Map<string, dentry> | null {
    return S_ISDIR(this.d_inode.i_mode) ? (this.entries ??= new Map()) : null;
  }
}

export const IS_ROOT = (d: dentry): boolean => d.d_parent === d;
export const d_unlinked = (d: dentry): boolean => !d.hashed && !IS_ROOT(d);

/** Is it the root of a file system, inside of another one? */
export const d_mountpoint = (d: dentry): boolean => d.d_inode.s_dev !== d.d_parent.d_inode.s_dev;

/** Ours: puts a new name into its directory. Called with the directory's i_rwsem held. */
export function d_add(dir: dentry, name: string, of: inode): dentry {
  const made = new dentry(name, dir, of);
  linkEntry(dir, made);
  return made;
}

/** Ours: the same of an entry that knows its directory already. */
export function linkEntry(dir: dentry, made: dentry): void {
  dir.d_count++;
  dir.children?.set(made.d_name, made);
}

export function dget(d: dentry): dentry {
  d.d_count++;
  return d;
}

/** Gives a reference back; the last one lets go of the inode, and of the directory. */
export function* dput(d: dentry): Kernel<void> {
  for (let at = d; --at.d_count === 0; at = at.d_parent) {
    if (at.d_inode.i_nlink === 0) yield* fsnotify_inoderemove(at.d_inode);
    if (IS_ROOT(at)) return;
  }
}

/** Takes a name away. Called with the directory's i_rwsem held. */
export function __d_drop(d: dentry): void {
  d.d_parent.children?.delete(d.d_name);
  d.hashed = false;
}

/** Gives `d` another name in another directory. Called with both directories' i_rwsem held. */
export function d_move(d: dentry, dir: dentry, name: string): void {
  d.d_parent.children?.delete(d.d_name);
  dir.d_count++;
  d.d_parent.d_count--;
  d.d_parent = dir;
  d.d_name = name;
  dir.children?.set(name, d);
}

/** Lets two entries change places. Called with both directories' i_rwsem held. */
export function d_exchange(a: dentry, b: dentry): void {
  const { d_name, d_parent } = b;
  b.d_parent = a.d_parent;
  b.d_name = a.d_name;
  a.d_parent = d_parent;
  a.d_name = d_name;
  a.d_parent.children?.set(a.d_name, a);
  b.d_parent.children?.set(b.d_name, b);
}

/** The path from the root; " (deleted)" follows for a name that is gone. */
export function d_path(d: dentry): string {
  let path = '';
  for (let at = d; !IS_ROOT(at); at = at.d_parent) path = `/${at.d_name}${path}`;
  return (path === '' ? '/' : path) + (d_unlinked(d) ? ' (deleted)' : '');
}
