/**
 * Whole descriptor tables: copied by fork(), thinned out by execve(), given up by exit().
 * Linux: fs/file.c.
 */
import { __assign_bit, test_bit } from './bitmap.ts';
import { current } from './current.ts';
import {
  __put_unused_fd,
  expand_files,
  type file,
  files_struct,
  filp_close,
  get_file,
} from './file.ts';
import type { Kernel } from './op.ts';
import { refcount_dec_and_test } from './refcount.ts';
import { spin_lock, spin_unlock } from './spinlock.ts';

/** A copy of a table: the same open files behind the same descriptors. */
export function* dup_fd(oldf: files_struct): Kernel<files_struct> {
  const newf = new files_struct(oldf.nofile);
  yield spin_lock(oldf.file_lock);
  let last = oldf.fd.length - 1;
  while (last >= 0 && !test_bit(last, oldf.open_fds)) last--;
  expand_files(newf, last); // It has room for what is open, however large the old one was.
  for (let fd = 0; fd <= last; fd++) {
    const f = oldf.fd[fd] ?? null;
    // A number that is reserved, with no file behind it yet, is free in the copy.
    newf.fd.push(f === null ? null : get_file(f));
    __assign_bit(fd, newf.open_fds, f !== null);
    __assign_bit(fd, newf.close_on_exec, f !== null && test_bit(fd, oldf.close_on_exec));
  }
  spin_unlock(oldf.file_lock);
  return newf;
}

/** Closes all descriptors with FD_CLOEXEC, the lowest first. */
export function* do_close_on_exec(files: files_struct): Kernel<void> {
  yield spin_lock(files.file_lock);
  for (let fd = 0; fd < files.fd.length; fd++) {
    const f = files.fd[fd] ?? null;
    if (!test_bit(fd, files.close_on_exec) || f === null) continue;
    files.fd[fd] = null;
    __put_unused_fd(files, fd);
    spin_unlock(files.file_lock);
    filp_close(f);
    yield spin_lock(files.file_lock);
  }
  spin_unlock(files.file_lock);
}

/** Gives a table up; the last task that shares it closes what is open. */
export function put_files_struct(files: files_struct): void {
  if (!refcount_dec_and_test(files.count)) return;
  for (let fd = 0; fd < files.fd.length; fd++) {
    const f: file | null = files.fd[fd] ?? null;
    files.fd[fd] = null;
    if (f !== null) filp_close(f);
  }
}

export const exit_files = (): void => put_files_struct(current.files);

/** The running task goes on with a table of its own, if it shares one. */
export function* unshare_files(): Kernel<void> {
  const task = current;
  const shared = task.files;
  if (shared.count.refs === 1) return;
  task.files = yield* dup_fd(shared);
  put_files_struct(shared);
}
