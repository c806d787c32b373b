/**
 * What /proc says of a process and of its network. Linux: fs/proc/fd.c, fs/proc/proc_net.c.
 *
 * Differs from Linux: a text, not a file that is opened and read; mounts have no numbers here, so
 * `mnt_id` is always that of the first.
 */
import { test_bit } from '../kernel/bitmap.ts';
import { current } from '../kernel/current.ts';
import { type file, fileAt, type files_struct, fput, get_file } from '../kernel/file.ts';
import { d_path } from '../kernel/fs/dcache.ts';
import type { Kernel } from '../kernel/op.ts';
import { find_task_by_vpid } from '../kernel/pid.ts';
import { spin_lock, spin_unlock } from '../kernel/spinlock.ts';
import { ENOENT } from '../kernel/uapi/errno.ts';
import { O_CLOEXEC } from '../kernel/uapi/fcntl.ts';
import { tcp4_seq_show, udp4_seq_show } from '../net/ipv4/seq_show.ts';
import { currentNet, type net } from '../net/net.ts';

/** A table of /proc/net. */
export type NetTable = 'tcp' | 'udp';

/** Who shows it. */
const tables: Readonly<Record<NetTable, (net: net, lines: string[]) => Kernel<void>>> = {
  tcp: tcp4_seq_show,
  udp: udp4_seq_show,
};

export const netTables: readonly string[] = Object.keys(tables);

/** Appends the lines of /proc/net/NAME; 0. */
export function* readNetTable(name: NetTable, lines: string[]): Kernel<number> {
  yield* tables[name](currentNet(), lines);
  return 0;
}

/** Whose /proc/PID it is; 0 for the caller. A process that has ended has no descriptors. */
function filesOf(pid: number): files_struct | null {
  const task = pid === 0 ? current : find_task_by_vpid(pid);
  return task === null || task.exit_state !== 0 ? null : task.files;
}

/** A line of `ls -l /proc/PID/fd`. */
export interface FdLink {
  /** The descriptor. */
  fd: number;
  /** What it leads to: a path, or `socket:[7]`, `anon_inode:[eventpoll]` and the like. */
  target: string;
}

/** Where a link of /proc/PID/fd leads. */
const targetOf = (file: file): string => (file.f_path === null ? file.name : d_path(file.f_path));

/** Appends a link for each descriptor, in ascending order; 0, or -ENOENT without such a process. */
export function* readFdLinks(pid: number, links: FdLink[]): Kernel<number> {
  if (pid !== 0 && find_task_by_vpid(pid) === null) return -ENOENT;
  const files = filesOf(pid);
  if (files === null) return 0;
  yield spin_lock(files.file_lock);
  files.fd.forEach((file, fd) => {
    if (file !== null) links.push({ fd, target: targetOf(file) });
  });
  spin_unlock(files.file_lock);
  return 0;
}

/** Appends the lines of /proc/PID/fdinfo/FD; 0, or -ENOENT for a descriptor that is not open. */
export function* readFdinfo(fd: number, pid: number, lines: string[]): Kernel<number> {
  const files = filesOf(pid);
  if (files === null) return -ENOENT;
  yield spin_lock(files.file_lock);
  const file = fileAt(files, fd);
  if (file === null) {
    spin_unlock(files.file_lock);
    return -ENOENT;
  }
  const cloexec = test_bit(fd, files.close_on_exec) ? O_CLOEXEC : 0;
  get_file(file);
  spin_unlock(files.file_lock);
  lines.push(`pos:\t${file.f_pos}`);
  lines.push(`flags:\t0${(file.f_flags | cloexec).toString(8)}`);
  lines.push('mnt_id:\t1', `ino:\t${file.f_inode.i_ino}`);
  if (file.f_op.show_fdinfo !== undefined) yield* file.f_op.show_fdinfo(lines, file);
  fput(file);
  return 0;
}
