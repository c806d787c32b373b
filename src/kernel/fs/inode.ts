/**
 * Inodes. Linux: include/linux/fs.h, fs/inode.c.
 *
 * Every open file has one. Those that a path leads to have a kind, and say what opening them gives.
 *
 * Invariants: a directory's entries change only under its i_rwsem.
 * Differs from Linux: i_rwsem is a mutex (readers of a directory look at it in one step), and is
 * there from its first use on. Nobody is kept out by permissions: the one user may open everything.
 */

import type { file_operations } from '../file.ts';
import { mutex, mutex_lock_nested, mutex_unlock } from '../mutex.ts';
import type { fsnotify_mark_connector } from '../notify/backend.ts';
import type { Op } from '../op.ts';
import { S_IFDIR, S_IFMT } from '../uapi/stat.ts';
import type { dentry } from './dcache.ts';

/** What a directory can do. A method that is absent is one that the file system refuses. */
export interface inode_operations {
  /** Makes the entry of a name that is in no list; null if there is none. */
  readonly lookup?: (dir: dentry, name: string) => dentry | null;
  /** Ours: files and directories can be made, moved and removed in it. */
  readonly changes: boolean;
}

/** What a path leads to, beyond numbers. */
export interface InodeInit {
  readonly i_mode: number;
  readonly i_fop: file_operations;
  readonly i_op?: inode_operations;
  readonly i_private?: unknown;
}

export class inode {
  readonly i_ino: number;
  /** The number of its file system, as fdinfo has it: minor in the low 20 bits. */
  readonly s_dev: number;
  /** S_IF* and permissions; 0 for what no path leads to. */
  i_mode = 0;
  i_nlink = 1;
  i_fop: file_operations | null = null;
  i_op: inode_operations | null = null;
  i_private: unknown = null;
  /** S_DEAD: a directory that was removed. */
  dead = false;
  /** Whoever watches it. */
  i_fsnotify_marks: fsnotify_mark_connector | null = null;
  i_rwsem: mutex | null = null;

  constructor(i_ino: number, s_dev: number, init: InodeInit | null = null) {
    this.i_ino = i_ino;
    this.s_dev = s_dev;
    if (init === null) return;
    this.i_mode = init.i_mode;
    this.i_fop = init.i_fop;
    this.i_op = init.i_op ?? null;
    this.i_private = init.i_private ?? null;
  }
}

export const S_ISDIR = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;

/** Levels of i_rwsem: a directory, then what is in it. */
export const I_MUTEX_NORMAL = 0;
export const I_MUTEX_PARENT = 1;
export const I_MUTEX_CHILD = 2;
export const I_MUTEX_NONDIR2 = 4;
export const I_MUTEX_PARENT2 = 5;

const rwsem = (i: inode): mutex => (i.i_rwsem ??= new mutex('inode->i_rwsem'));

export const inode_lock_nested = (i: inode, subclass: number): Op =>
  mutex_lock_nested(rwsem(i), subclass);
export const inode_lock = (i: inode): Op => inode_lock_nested(i, I_MUTEX_NORMAL);
export const inode_unlock = (i: inode): void => mutex_unlock(rwsem(i));
