/**
 * What a machine finds mounted when it boots: a root in memory with /tmp, and /dev with its devices.
 * Linux: init/do_mounts.c, drivers/base/devtmpfs.c, drivers/char/mem.c (devlist).
 *
 * Differs from Linux: the numbers of file systems are what they happen to be on one system.
 */

import type { file_operations } from '../file.ts';
import { AtFirstUse, newIdentity } from '../footprint.ts';
import { full_fops, null_fops, zero_fops } from '../mem.ts';
import { mutex } from '../mutex.ts';
import { Op } from '../op.ts';
import { knobInode } from '../proc_sys.ts';
import { random_fops, urandom_fops } from '../random.ts';
import type { ctl_table } from '../sysctl.ts';
import { ownTerminalFops, ptmx_fops } from '../tty/tty_io.ts';
import { S_IFCHR, S_IFDIR, S_ISVTX } from '../uapi/stat.ts';
import { wait_queue_head } from '../wait.ts';
import { d_add, dentry, linkEntry } from './dcache.ts';
import { type InodeInit, inode } from './inode.ts';
import { shmemDirectory, simple_dir_operations } from './shmem.ts';

const rootDev = 0x19;
const devDev = 0x5;
const ptsDev = 0x17;
const procDev = 0x15;

interface HasKnobs {
  readonly sysctls: ReadonlyMap<string, ctl_table>;
}

/** What is there once a path has been looked up. */
interface Mounted {
  readonly s_vfs_rename_mutex: mutex;
  readonly crng_init_wait: wait_queue_head;
  readonly pts: dentry;
  readonly ptys: Set<number>;
}

/** The files of one machine. */
export class FileSystems {
  readonly name = 'dcache';
  readonly identity: number = newIdentity();
  /** Announces a look at directories without their locks. */
  readonly look: Op = new Op('access', this);
  /** /dev/null, which is ready before anything else. */
  readonly null: dentry;
  private readonly dev: dentry;
  /** By file system: the number of the newest inode. */
  private readonly inodes: number[] = [];
  private readonly mounted: AtFirstUse<Mounted, this> = new AtFirstUse(8, mount);
  private readonly knobs: HasKnobs;

  constructor(knobs: HasKnobs) {
    this.knobs = knobs;
    const root = new dentry('', null, shmemDirectory(this, rootDev, S_IFDIR | 0o755));
    this.dev = new dentry('dev', root, shmemDirectory(this, devDev, S_IFDIR | 0o755));
    this.null = new dentry('null', this.dev, this.newInode(devDev, deviceInit(null_fops)));
  }

  get root(): dentry {
    this.mounted.get(this);
    return this.dev.d_parent;
  }

  /** /dev/pts. */
  get pts(): dentry {
    return this.mounted.get(this).pts;
  }

  /** The numbers of the terminals that there are. */
  get ptys(): Set<number> {
    return this.mounted.get(this).ptys;
  }

  get s_vfs_rename_mutex(): mutex {
    return this.mounted.get(this).s_vfs_rename_mutex;
  }

  get crng_init_wait(): wait_queue_head {
    return this.mounted.get(this).crng_init_wait;
  }

  /** A new inode of a file system. */
  newInode(s_dev: number, init: InodeInit): inode {
    const i_ino = (this.inodes[s_dev] ?? 0) + 1;
    this.inodes[s_dev] = i_ino;
    return new inode(i_ino, s_dev, init);
  }

  /** Makes all that a path leads to; /dev/pts. */
  mount(): dentry {
    const { dev, null: devNull } = this;
    const root = dev.d_parent;
    this.mkdir(root, 'tmp', rootDev, 0o777 | S_ISVTX);
    root.d_inode.i_nlink++;
    linkEntry(root, dev);
    const proc = this.procDirectory(root, 'proc');
    linkEntry(dev, devNull);
    this.device('zero', zero_fops);
    this.device('full', full_fops);
    this.device('random', random_fops);
    this.device('urandom', urandom_fops);
    this.device('tty', ownTerminalFops);
    this.device('ptmx', ptmx_fops);
    for (const [path, table] of this.knobs.sysctls) {
      this.procFile(proc, `sys/${path}`, knobInode(table));
    }
    const i_mode = S_IFDIR | 0o755;
    return d_add(dev, 'pts', this.newInode(ptsDev, { i_mode, i_fop: simple_dir_operations }));
  }

  /** A directory that is there from the beginning. */
  private mkdir(dir: dentry, name: string, s_dev: number, mode: number): void {
    dir.d_inode.i_nlink++;
    d_add(dir, name, shmemDirectory(this, s_dev, S_IFDIR | mode));
  }

  /** A file under /proc, with the directories that lead to it. */
  private procFile(proc: dentry, path: string, init: InodeInit): void {
    const names = path.split('/');
    const last = names.pop() as string;
    let dir = proc;
    for (const name of names) dir = dir.children?.get(name) ?? this.procDirectory(dir, name);
    d_add(dir, last, this.newInode(procDev, init));
  }

  private procDirectory(dir: dentry, name: string): dentry {
    const init = { i_mode: S_IFDIR | 0o555, i_fop: simple_dir_operations };
    return d_add(dir, name, this.newInode(procDev, init));
  }

  /** A device in /dev. */
  private device(name: string, i_fop: file_operations): void {
    d_add(this.dev, name, this.newInode(devDev, deviceInit(i_fop)));
  }
}

const deviceInit = (i_fop: file_operations): InodeInit => ({ i_mode: S_IFCHR | 0o666, i_fop });

const mount = (fs: FileSystems): Mounted => ({
  pts: fs.mount(),
  ptys: new Set(),
  s_vfs_rename_mutex: new mutex('s_vfs_rename_mutex'),
  crng_init_wait: new wait_queue_head('crng_init_wait'),
});
