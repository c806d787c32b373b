/**
 * Open files and descriptor tables. Linux: include/linux/fs.h, fs/file.c, fs/file_table.c.
 *
 * A descriptor is an index into a table; the table points to open files; an open file lives until
 * its last reference goes. dup() and fork() make more references to the same open file, which is
 * what an epoll item is registered on.
 *
 * Invariants: `f_ref` counts table entries, system calls under way and other holders; `f_ep` is the
 * list of epoll items that watch the file, or null.
 */
import { __assign_bit, __clear_bit, __set_bit, find_next_zero_bit, test_bit } from './bitmap.ts';
import { KernelBug } from './bug.ts';
import { current } from './current.ts';
import { eventpoll_release_file } from './eventpoll/remove.ts';
import * as before64 from './eventpoll/remove_before_6_4.ts';
import type { epitem } from './eventpoll/types.ts';
import { looksAt, newIdentity, writesTo } from './footprint.ts';
import { type dentry, dput } from './fs/dcache.ts';
import type { inode } from './fs/inode.ts';
import type { hlist_head } from './list.ts';
import { fsnotify_close } from './notify/fsnotify.ts';
import { type Kernel, type Named, Op } from './op.ts';
import type { poll_table } from './poll.ts';
import { call_rcu } from './rcu.ts';
import {
  borrowRef,
  giveBack,
  refcount_dec_and_test,
  refcount_inc,
  refcount_inc_not_zero,
  refcount_t,
} from './refcount.ts';
import { spin_lock, spin_unlock, spinlock_t } from './spinlock.ts';
import { __fentry__ } from './trace.ts';
import type { iov_iter } from './uaccess.ts';
import { EBADF, EBUSY, EINVAL, EMFILE } from './uapi/errno.ts';
import { O_ACCMODE, O_CLOEXEC } from './uapi/fcntl.ts';

/** What a kind of file can do. A method that is absent is one that the kernel refuses. */
export interface file_operations {
  /** Ours: the kind, for views and traces. */
  readonly name: string;
  /** Ours: nobody who watches the path is told of what happens to the file. */
  readonly notifiesNobody?: boolean;
  /** Opens a file of a path; 0, or -errno. */
  readonly open?: (file: file) => Kernel<number>;
  /** Moves the position; the new one, or -errno. */
  readonly llseek?: (file: file, offset: number, whence: number) => Kernel<number>;
  readonly poll?: (file: file, wait: poll_table | null) => Kernel<number>;
  /** Reads into `to`; the number of bytes, or -errno. */
  readonly read_iter?: (file: file, to: iov_iter) => Kernel<number>;
  readonly write_iter?: (file: file, from: iov_iter) => Kernel<number>;
  /**
   * Ours: is it certain that read_iter(), or write_iter(), of so many bytes does not sleep if nobody
   * interferes? Absent where that is not known.
   */
  readonly goesAtOnce?: (file: file, writes: boolean, bytes: number) => boolean;
  /** Ours: Linux gives the file `write` and no `write_iter`, so writev() writes each segment alone. */
  readonly writesSegments?: boolean;
  /** Ours: the same for `read` and readv(). */
  readonly readsSegments?: boolean;
  readonly unlocked_ioctl?: (file: file, cmd: number, arg: unknown) => Kernel<number>;
  /** Ours: F_SETFL takes O_DIRECT (packet mode of a pipe). */
  readonly canDirect?: boolean;
  /** Ours: F_SETFL keeps O_ASYNC; the file has a fasync method. */
  readonly canAsync?: boolean;
  /** Which NAPI instance feeds the file's socket. */
  readonly napi_id?: (file: file) => number;
  readonly release?: (file: file) => Kernel<void>;
  /** Appends lines to what /proc/PID/fdinfo/FD shows. */
  readonly show_fdinfo?: (m: string[], file: file) => Kernel<void>;
  /** Ours: what views show of it, for files that they do not know. */
  readonly shown?: (file: file) => Record<string, string | number>;
}

export class file extends refcount_t implements Named {
  /** Another one after a terminal was hung up. */
  f_op: file_operations;
  readonly f_mode: number;
  f_flags: number;
  f_pos = 0;
  private_data: unknown;
  readonly f_inode: inode;
  /** The name that it was opened by; null for what has none. */
  readonly f_path: dentry | null;
  readonly f_lock: spinlock_t = new spinlock_t('file->f_lock', this);

  // Under f_lock; read without it where Linux does:
  f_ep: hlist_head<epitem> | null = null;

  // Ours:
  readonly identity: number = newIdentity();
  /** The name of its dentry: `anon_inode:[eventpoll]`, `socket:[7]`. */
  readonly name: string;
  /** Stands for the address by which ep_cmp_ffd() orders: files compare in the order of opening. */
  readonly address: number;
  freed = false;
  peek: Op | null = null;

  constructor(
    f_op: file_operations,
    name: string,
    inode: inode,
    flags: number,
    data: unknown,
    path: dentry | null = null,
  ) {
    super(1);
    this.f_op = f_op;
    this.f_mode = (flags + 1) & O_ACCMODE;
    this.f_path = path;
    this.f_flags = flags & ~O_CLOEXEC;
    this.private_data = data;
    this.f_inode = inode;
    this.name = name;
    writesTo(current.kernel.numbering);
    this.address = ++current.kernel.files;
  }

  /** In the file itself, as in Linux. */
  get f_ref(): refcount_t {
    return this;
  }
}

export const FMODE_READ = 1;
export const FMODE_WRITE = 2;

/** Ours: announces a look at `f_ep` without the lock. */
export const peekAtLinks = (f: file): Op => (f.peek ??= new Op('access', f));

export function get_file(f: file): file {
  refcount_inc(f.f_ref);
  return f;
}

/** Takes a reference unless the last one is gone; it goes back by returnFile(). */
export const file_ref_get = (f: file): boolean => refcount_inc_not_zero(f.f_ref);

/** get_file() by somebody who may hold no reference; it goes back by returnFile(). */
export const borrowFile = (f: file): void => borrowRef(f.f_ref);

/** Gives a reference back. The last one closes the file when the task returns to user mode. */
export function fput(f: file): void {
  if (refcount_dec_and_test(f.f_ref)) current.task_works.push(() => __fput(f));
}

/** fput() of a reference that was borrowed. */
export function returnFile(f: file): void {
  if (giveBack(f.f_ref)) current.task_works.push(() => __fput(f));
}

/** As fput(), and closes the file at once. */
export function* fput_close_sync(f: file): Kernel<void> {
  if (refcount_dec_and_test(f.f_ref)) yield* __fput(f);
}

/** The last reference is gone: takes the file out of every epoll, then closes it. */
export function* __fput(f: file): Kernel<void> {
  __fentry__('__fput');
  if (f.f_path !== null) yield* fsnotify_close(f);
  yield peekAtLinks(f); // eventpoll_release() looks at f_ep without the lock.
  if (f.f_ep !== null) {
    yield* current.kernel.patched['58c9b016e128']
      ? eventpoll_release_file(f)
      : before64.eventpoll_release_file(f);
  }
  if (f.f_op.release !== undefined) yield* f.f_op.release(f);
  if (current.kernel.patched['0ede61d8589c']) freeFile(f);
  else call_rcu(() => freeFile(f));
  if (f.f_path !== null) yield* dput(f.f_path);
}

function freeFile(f: file): void {
  if (f.freed) throw new KernelBug('use after free', `file ${f.name} is freed twice`);
  f.freed = true;
  f.f_lock.freed = true;
}

const NR_OPEN_DEFAULT = 64;
/** /proc/sys/fs/nr_open. */
const sysctl_nr_open = 1_048_576;

export class files_struct implements Named {
  readonly name = 'files';
  readonly identity: number = newIdentity();
  /** Tasks that share the table. */
  readonly count: refcount_t = new refcount_t(1);
  readonly file_lock: spinlock_t = new spinlock_t('files->file_lock');

  // Under file_lock; fdget() reads fd[] without it:
  readonly fd: (file | null)[] = [];
  /** Bit maps, see bitmap.ts. */
  readonly open_fds: number[] = [];
  readonly close_on_exec: number[] = [];
  /** Every descriptor below is in use. */
  next_fd = 0;
  /** How many descriptors the table has room for; select() sees no further. */
  max_fds: number = NR_OPEN_DEFAULT;

  // Ours: RLIMIT_NOFILE.
  nofile: number;
  readonly lookup: Op = new Op('access', this);

  constructor(nofile: number) {
    this.nofile = nofile;
  }
}

/** Ours: what stands for one place of the table, see footprint.ts. */
export const slotOf = (files: files_struct, fd: number): number =>
  files.identity + (fd + 1) * 2 ** 24;

/** Ours: a look at the table without its lock: the file behind a descriptor, or null. */
export function fileAt(files: files_struct, fd: number): file | null {
  looksAt(slotOf(files, fd));
  return files.fd[fd] ?? null;
}

/** The open file behind a descriptor, with a reference for this call; null if there is none. */
export function fdget(fd: number): file | null {
  const found = fileAt(current.files, fd);
  if (found !== null) refcount_inc(found.f_ref);
  return found;
}

/**
 * Makes room for descriptor `nr`; 0, or -EMFILE. At once, and with file_lock held all the time:
 * Linux gives it back to allocate, and waits for readers of the old table.
 */
export function expand_files(files: files_struct, nr: number): number {
  if (nr < files.max_fds) return 0;
  if (nr >= sysctl_nr_open) return -EMFILE;
  while (files.max_fds <= nr) files.max_fds *= 2;
  return 0;
}

/** Reserves the lowest free descriptor from `start` on; -EMFILE if that reaches `end`. */
export function* alloc_fd(start: number, end: number, flags: number): Kernel<number> {
  const { files } = current;
  yield spin_lock(files.file_lock);
  const fd = find_next_zero_bit(files.open_fds, Math.max(start, files.next_fd));
  if (fd >= end || expand_files(files, fd) < 0) {
    spin_unlock(files.file_lock);
    return -EMFILE;
  }
  if (start <= files.next_fd) files.next_fd = fd + 1;
  __set_open_fd(files, fd, (flags & O_CLOEXEC) !== 0);
  spin_unlock(files.file_lock);
  return fd;
}

function __set_open_fd(files: files_struct, fd: number, cloexec: boolean): void {
  while (files.fd.length <= fd) files.fd.push(null);
  writesTo(slotOf(files, fd));
  __set_bit(fd, files.open_fds);
  __assign_bit(fd, files.close_on_exec, cloexec);
}

export function __put_unused_fd(files: files_struct, fd: number): void {
  writesTo(slotOf(files, fd));
  __clear_bit(fd, files.open_fds);
  __clear_bit(fd, files.close_on_exec);
  if (fd < files.next_fd) files.next_fd = fd;
}

export const get_unused_fd_flags = (flags: number): Kernel<number> =>
  alloc_fd(0, current.files.nofile, flags);

/** Gives a reserved descriptor back. */
export function* put_unused_fd(fd: number): Kernel<void> {
  const { files } = current;
  yield spin_lock(files.file_lock);
  __put_unused_fd(files, fd);
  spin_unlock(files.file_lock);
}

/** Puts a file behind a reserved descriptor; the table keeps the caller's reference. */
export function fd_install(fd: number, f: file): void {
  writesTo(slotOf(current.files, fd));
  current.files.fd[fd] = f;
}

/** Takes a descriptor out of the table; its file, with the table's reference, or null. */
export function* file_close_fd(fd: number): Kernel<file | null> {
  const { files } = current;
  yield spin_lock(files.file_lock);
  const found = files.fd[fd] ?? null;
  if (found !== null) {
    files.fd[fd] = null;
    __put_unused_fd(files, fd);
  }
  spin_unlock(files.file_lock);
  return found;
}

/** F_DUPFD: a copy of the descriptor at or above `from`. */
export function* f_dupfd(from: number, f: file, flags: number): Kernel<number> {
  if (from < 0 || from >= current.files.nofile) return -EINVAL;
  const fd = yield* alloc_fd(from, current.files.nofile, flags);
  if (fd >= 0) fd_install(fd, get_file(f));
  return fd;
}

/** Makes `newfd` another name of `oldfd`'s file, closing what it was. */
export function* ksys_dup3(oldfd: number, newfd: number, flags: number): Kernel<number> {
  if ((flags & ~O_CLOEXEC) !== 0) return -EINVAL;
  if (oldfd === newfd) return -EINVAL;
  const { files } = current;
  if (newfd < 0 || newfd >= files.nofile) return -EBADF;
  yield spin_lock(files.file_lock);
  const error = expand_files(files, newfd);
  const f = files.fd[oldfd] ?? null;
  if (f === null || error < 0) {
    spin_unlock(files.file_lock);
    return -EBADF;
  }
  return yield* do_dup2(f, newfd, flags);
}

/** Called with file_lock held, which it gives back. */
function* do_dup2(f: file, fd: number, flags: number): Kernel<number> {
  const { files } = current;
  const tofree = files.fd[fd] ?? null;
  if (tofree === null && test_bit(fd, files.open_fds)) {
    spin_unlock(files.file_lock);
    return -EBUSY; // Another thread has reserved the number and not installed its file yet.
  }
  get_file(f);
  __set_open_fd(files, fd, (flags & O_CLOEXEC) !== 0);
  files.fd[fd] = f;
  spin_unlock(files.file_lock);
  if (tofree !== null) filp_close(tofree);
  return fd;
}

/** Gives the table's reference back; the file is closed on the way to user mode. */
export const filp_close = (f: file): void => fput(f);
