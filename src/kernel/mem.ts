/**
 * Devices that are no devices: /dev/null, /dev/zero, /dev/full. Linux: drivers/char/mem.c.
 *
 * None has a poll method: epoll refuses them, poll(2) and select(2) take them for always ready.
 */
import { current } from './current.ts';
import { file, type file_operations } from './file.ts';
import { dget } from './fs/dcache.ts';
import { null_lseek } from './fs/llseek.ts';
import type { Kernel } from './op.ts';
import { copy_from_iter, copy_to_iter, type iov_iter, iov_iter_count } from './uaccess.ts';
import { ENOSPC } from './uapi/errno.ts';
import { O_LARGEFILE, O_RDWR } from './uapi/fcntl.ts';

function* read_null(): Kernel<number> {
  return 0;
}

function* write_null(_file: file, from: iov_iter): Kernel<number> {
  return copy_from_iter(iov_iter_count(from), from).length;
}

function* read_iter_zero(_file: file, to: iov_iter): Kernel<number> {
  return copy_to_iter(new Uint8Array(iov_iter_count(to)), to);
}

function* write_full(): Kernel<number> {
  return -ENOSPC;
}

export const null_fops: file_operations = {
  name: '/dev/null',
  llseek: null_lseek,
  read_iter: read_null,
  write_iter: write_null,
};

export const zero_fops: file_operations = {
  name: '/dev/zero',
  llseek: null_lseek,
  read_iter: read_iter_zero,
  write_iter: write_null,
};

export const full_fops: file_operations = {
  name: '/dev/full',
  llseek: null_lseek,
  read_iter: read_iter_zero,
  write_iter: write_full,
  writesSegments: true,
};

/** Opens /dev/null for what a process starts with. */
export function openNull(): file {
  const { null: path } = current.kernel.fs;
  dget(path);
  return new file(null_fops, '/dev/null', path.d_inode, O_RDWR | O_LARGEFILE, null, path);
}
