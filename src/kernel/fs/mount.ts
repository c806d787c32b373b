/**
 * What a machine finds mounted when it boots: a root in memory with /tmp, and /dev with its devices.
 * Linux: init/do_mounts.c, drivers/base/devtmpfs.c, drivers/char/mem.c (devlist).
 *
 * Differs from Linux: the numbers of file systems are what they happen to be on one system.
 */

import type { Chance } from '../chance.ts';
import type { file_operations } from '../file.ts';
import { newIdentity } from '../footprint.ts';
import { full_fops, null_fops, zero_fops } from '../mem.ts';
import { mutex } from '../mutex.ts';
import { Op } from '../op.ts';
import { random_fops, urandom_fops } from '../random.ts';
import { ownTerminalFops, ptmx_fops } from '../tty/tty_io.ts';
import { S_IFCHR, S_IFDIR, S_ISVTX } from '../uapi/stat.ts';
import { wait_queue_head } from '../wait.ts';
import { d_add, dentry } from './dcache.ts';
import { type InodeInit, inode } from './inode.ts';
import { shmemDirectory, simple_dir_operations } from './shmem.ts';

const rootDev = 0x19;
const devDev = 0x5;
const ptsDev = 0x17;
const procDev = 0x15;

/** The files of one machine. */
export class FileSystems {
  readonly name = 'dcache';
  readonly identity: number = newIdentity();
  /** Announces a look at directories without their locks. */
  readonly look: Op = new Op('access', this);
  readonly s_vfs_rename_mutex: mutex = new mutex('s_vfs_rename_mutex');
  readonly root: dentry;
  readonly dev: dentry;
  readonly proc: dentry;
  /** Where /dev/random's bytes come from; the machine says. */
  random: Chance = { below: () => 0 };
  readonly crng_init_wait: wait_queue_head = new wait_queue_head('crng_init_wait');
  /** /dev/pts, and the numbers of the terminals that there are. */
  readonly pts: dentry;
  readonly ptys: Set<number> = new Set();
  /** /dev/null, which is ready before anything else. */
  readonly null: dentry;
  /** By file system: the number of the newest inode. */
  private readonly inodes: Map<number, number> = new Map();

  constructor() {
    this.root = new dentry('', null, shmemDirectory(this, rootDev, S_IFDIR | 0o755));
    this.mkdir(this.root, 'tmp', rootDev, 0o777 | S_ISVTX);
    this.dev = this.mkdir(this.root, 'dev', devDev, 0o755);
    this.proc = this.procDirectory(this.root, 'proc');
    this.null = this.device('null', null_fops);
    this.device('zero', zero_fops);
    this.device('full', full_fops);
    this.device('random', random_fops);
    this.device('urandom', urandom_fops);
    this.device('tty', ownTerminalFops);
    this.device('ptmx', ptmx_fops);
    this.pts = d_add(
      this.dev,
      'pts',
      this.newInode(ptsDev, { i_mode: S_IFDIR | 0o755, i_fop: simple_dir_operations }),
    );
  }

  /** A new inode of a file system. */
  newInode(s_dev: number, init: InodeInit): inode {
    const i_ino = (this.inodes.get(s_dev) ?? 0) + 1;
    this.inodes.set(s_dev, i_ino);
    return new inode(i_ino, s_dev, init);
  }

  /** A directory that is there from the beginning. */
  private mkdir(dir: dentry, name: string, s_dev: number, mode: number): dentry {
    dir.d_inode.i_nlink++;
    return d_add(dir, name, shmemDirectory(this, s_dev, S_IFDIR | mode));
  }

  /** A file under /proc, with the directories that lead to it. */
  procFile(path: string, init: InodeInit): dentry {
    const names = path.split('/');
    const last = names.pop() as string;
    let dir = this.proc;
    for (const name of names) dir = dir.children?.get(name) ?? this.procDirectory(dir, name);
    return d_add(dir, last, this.newInode(procDev, init));
  }

  private procDirectory(dir: dentry, name: string): dentry {
    const init = { i_mode: S_IFDIR | 0o555, i_fop: simple_dir_operations };
    return d_add(dir, name, this.newInode(procDev, init));
  }

  /** A device in /dev. */
  device(name: string, i_fop: file_operations): dentry {
    return d_add(this.dev, name, this.newInode(devDev, { i_mode: S_IFCHR | 0o666, i_fop }));
  }
}
