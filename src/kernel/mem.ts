/**
 * Files that epoll refuses: /dev/null, and regular files. Linux: drivers/char/mem.c, fs/read_write.c.
 *
 * Neither has a poll method; poll(2) and select(2) take both for always ready.
 */
import { current } from './current.ts';
import { file, type file_operations, inode } from './file.ts';
import { newInode } from './globals.ts';
import type { Kernel } from './op.ts';
import { copy_from_iter, copy_to_iter, type iov_iter, iov_iter_count } from './uaccess.ts';
import { O_APPEND, O_LARGEFILE, O_RDWR } from './uapi/fcntl.ts';

function* read_null(): Kernel<number> {
  return 0;
}

function* write_null(_file: file, from: iov_iter): Kernel<number> {
  return copy_from_iter(iov_iter_count(from), from).length;
}

export const null_fops: file_operations = {
  name: '/dev/null',
  read_iter: read_null,
  write_iter: write_null,
};

/** Opens /dev/null. */
export const openNull = (): file =>
  new file(null_fops, '/dev/null', new inode(5, 0x5), O_RDWR | O_LARGEFILE, null);

/** A regular file's bytes. */
interface RegularFile {
  bytes: Uint8Array;
}

function* generic_file_read_iter(f: file, to: iov_iter): Kernel<number> {
  const { bytes } = f.private_data as RegularFile;
  const copied = copy_to_iter(bytes.subarray(f.f_pos), to);
  f.f_pos += copied;
  return copied;
}

function* generic_file_write_iter(f: file, from: iov_iter): Kernel<number> {
  const regular = f.private_data as RegularFile;
  if ((f.f_flags & O_APPEND) !== 0) f.f_pos = regular.bytes.length;
  const data = copy_from_iter(iov_iter_count(from), from);
  const bytes = new Uint8Array(Math.max(regular.bytes.length, f.f_pos + data.length));
  bytes.set(regular.bytes);
  bytes.set(data, f.f_pos);
  regular.bytes = bytes;
  f.f_pos += data.length;
  return data.length;
}

export const regularFops: file_operations = {
  name: 'regular',
  read_iter: generic_file_read_iter,
  write_iter: generic_file_write_iter,
};

/** A regular file that holds `bytes`. */
export const openRegular = (path: string, bytes: Uint8Array, flags: number): file =>
  new file(regularFops, path, newInode(current.kernel, 0xfe00), flags, { bytes });
