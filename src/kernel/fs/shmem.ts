/**
 * The file system in memory that a machine has for its root: files of bytes, and directories.
 * Linux: mm/shmem.c, fs/libfs.c.
 *
 * Invariants: a file's bytes change under its i_rwsem.
 * Differs from Linux: a file holds at most 256 MiB (-ENOSPC beyond), and has no holes; nobody reads
 * the names in a directory.
 */

import { current } from '../current.ts';
import type { file, file_operations } from '../file.ts';
import { newIdentity } from '../footprint.ts';
import { fsnotify_change } from '../notify/fsnotify.ts';
import { type Kernel, Op } from '../op.ts';
import { copy_to_iter, type iov_iter, iov_iter_count } from '../uaccess.ts';
import { EISDIR, ENOSPC, ENOTTY, ENXIO } from '../uapi/errno.ts';
import { O_APPEND } from '../uapi/fcntl.ts';
import { FIONREAD } from '../uapi/ioctls.ts';
import { S_IFDIR, S_IFMT, S_IFREG } from '../uapi/stat.ts';
import type { dentry } from './dcache.ts';
import { type inode, inode_lock, type inode_operations, inode_unlock } from './inode.ts';
import { generic_file_llseek_size, noop_llseek, offset_dir_llseek } from './llseek.ts';
import type { FileSystems } from './mount.ts';

const mostBytes: number = 2 ** 28;

/** What a regular file holds. */
export class Content {
  readonly name = 'file';
  readonly identity: number = newIdentity();
  /** With room for more behind `size`. */
  bytes: Uint8Array = new Uint8Array(0);
  size = 0;
  readonly look: Op = new Op('access', this);

  /** Makes it that long; what is new is zeros. */
  resize(size: number): void {
    if (size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.bytes.length, 64));
      grown.set(this.bytes.subarray(0, this.size));
      this.bytes = grown;
    } else if (size < this.size) this.bytes.fill(0, size, this.size);
    this.size = size;
  }
}

const contentOf = (i: inode): Content => i.i_private as Content;

function* shmem_file_read_iter(f: file, to: iov_iter): Kernel<number> {
  const content = contentOf(f.f_inode);
  if (!current.kernel.alone) yield content.look;
  const copied = copy_to_iter(content.bytes.subarray(f.f_pos, content.size), to);
  f.f_pos += copied;
  return copied;
}

function* shmem_file_write_iter(f: file, from: iov_iter): Kernel<number> {
  const count = iov_iter_count(from);
  const content = contentOf(f.f_inode);
  yield inode_lock(f.f_inode);
  const pos = (f.f_flags & O_APPEND) !== 0 ? content.size : f.f_pos;
  const room = Math.min(count, mostBytes - pos);
  if (count > 0 && room <= 0) {
    inode_unlock(f.f_inode);
    return -ENOSPC;
  }
  if (count > 0) {
    content.resize(Math.max(content.size, pos + room));
    content.bytes.set(from.data.subarray(from.iov_offset, from.iov_offset + room), pos);
    f.f_pos = pos + room;
  }
  inode_unlock(f.f_inode);
  return count === 0 ? 0 : room;
}

function* shmem_file_llseek(f: file, offset: number, whence: number): Kernel<number> {
  return generic_file_llseek_size(f, offset, whence, contentOf(f.f_inode).size);
}

/** How much there is from the position on; in Linux the same for every regular file. */
function* file_ioctl(f: file, cmd: number, arg: unknown): Kernel<number> {
  if (cmd !== FIONREAD) return -ENOTTY;
  (arg as { value: number }).value = (contentOf(f.f_inode).size - f.f_pos) | 0;
  return 0;
}

export const shmem_file_operations: file_operations = {
  name: 'file',
  llseek: shmem_file_llseek,
  read_iter: shmem_file_read_iter,
  write_iter: shmem_file_write_iter,
  unlocked_ioctl: file_ioctl,
  canDirect: true,
};

function* generic_read_dir(): Kernel<number> {
  return -EISDIR;
}

export const simple_dir_operations: file_operations = {
  name: 'directory',
  llseek: offset_dir_llseek,
  read_iter: generic_read_dir,
};

function* no_open(): Kernel<number> {
  return -ENXIO;
}

/** A socket's name cannot be opened. */
const no_open_fops: file_operations = { name: 'socket', open: no_open, llseek: noop_llseek };

const shmem_dir_inode_operations: inode_operations = { changes: true };

/** A new inode: a directory, an empty file, or what `data` belongs to. */
export function shmem_get_inode(dir: inode, mode: number, data: unknown): inode {
  const { fs } = current.kernel;
  const kind = mode & S_IFMT;
  if (kind === S_IFDIR) return shmemDirectory(fs, dir.s_dev, mode);
  const i_fop = kind === S_IFREG ? shmem_file_operations : no_open_fops;
  const i_private = kind === S_IFREG ? new Content() : data;
  return fs.newInode(dir.s_dev, { i_mode: mode, i_fop, i_private });
}

/** A directory that things can be made in. */
export function shmemDirectory(fs: FileSystems, s_dev: number, mode: number): inode {
  const i_op = shmem_dir_inode_operations;
  const made = fs.newInode(s_dev, { i_mode: mode, i_fop: simple_dir_operations, i_op });
  made.i_nlink = 2;
  return made;
}

/** Gives a regular file another length. */
export function* do_truncate(d: dentry, length: number): Kernel<number> {
  if (length > mostBytes) return -ENOSPC;
  yield inode_lock(d.d_inode);
  const content = d.d_inode.i_private;
  if (content instanceof Content) content.resize(length); // Else a text that is made when read.
  yield* fsnotify_change(d);
  inode_unlock(d.d_inode);
  return 0;
}
