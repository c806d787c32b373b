/**
 * The knobs of sysctl.ts as files: /proc/sys/fs/epoll/max_user_watches. Linux:
 * fs/proc/proc_sysctl.c, kernel/sysctl.c.
 *
 * Differs from Linux: only the knobs of the whole machine are files; those of a network are not.
 */
import { decodeText, encodeText } from './bytes.ts';
import type { file, file_operations } from './file.ts';
import type { InodeInit } from './fs/inode.ts';
import { default_llseek } from './fs/llseek.ts';
import type { Kernel } from './op.ts';
import { DEFAULT_POLLMASK } from './poll.ts';
import { type ctl_table, proc_doulongvec_minmax } from './sysctl.ts';
import { copy_from_iter, copy_to_iter, type iov_iter, iov_iter_count } from './uaccess.ts';
import { EINVAL } from './uapi/errno.ts';
import { S_IFREG } from './uapi/stat.ts';

const tableOf = (f: file): ctl_table => f.f_inode.i_private as ctl_table;

/** The text comes in one piece, from the start; behind it is the end. */
function* proc_sys_read(f: file, to: iov_iter): Kernel<number> {
  if (f.f_pos !== 0) return 0;
  const text = encodeText(`${tableOf(f).get()}\n`);
  const copied = copy_to_iter(text.subarray(0, iov_iter_count(to)), to);
  f.f_pos += copied;
  return copied;
}

/** A number as C writes it, with blanks around it; what follows a blank is left. */
const number = /^[ \t\n\v\f\r]*(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)(?:[ \t\n]\s*|$)/;

/** Sets the knob; how many bytes were taken. What is not written to the start changes nothing. */
function* proc_sys_write(f: file, from: iov_iter): Kernel<number> {
  const text = decodeText(copy_from_iter(iov_iter_count(from), from));
  if (f.f_pos !== 0 || text === '') {
    f.f_pos += text.length;
    return text.length;
  }
  const found = number.exec(text);
  if (found === null) return -EINVAL;
  const digits = found[1] as string;
  const value = Number(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const error = proc_doulongvec_minmax(tableOf(f), value);
  if (error !== 0) return error;
  f.f_pos += found[0].length;
  return found[0].length;
}

function* proc_sys_poll(): Kernel<number> {
  return DEFAULT_POLLMASK;
}

const proc_sys_file_operations: file_operations = {
  name: 'proc_sys',
  llseek: default_llseek,
  read_iter: proc_sys_read,
  write_iter: proc_sys_write,
  poll: proc_sys_poll,
};

/** Ours: the file that a knob is. */
export const knobInode = (table: ctl_table): InodeInit => ({
  i_mode: S_IFREG | table.mode,
  i_fop: proc_sys_file_operations,
  i_private: table,
});
