/** Making a pipe, and asking for its size. Linux: fs/pipe.c (do_pipe2, pipe_fcntl). */
import { current } from './current.ts';
import { fd_install, file, fput, get_unused_fd_flags, put_unused_fd } from './file.ts';
import { newInode } from './globals.ts';
import { mutex_lock, mutex_unlock } from './mutex.ts';
import type { Kernel } from './op.ts';
import { pipeanon_fops } from './pipe.ts';
import { PAGE_SIZE, pipe_inode_info } from './pipe_fs_i.ts';
import { spin_lock_irq, spin_unlock_irq } from './spinlock.ts';
import { EBADF, EBUSY, EINVAL, ENOPKG, EPERM } from './uapi/errno.ts';
import { F_GETPIPE_SZ, O_CLOEXEC, O_DIRECT, O_NONBLOCK, O_RDONLY, O_WRONLY } from './uapi/fcntl.ts';
import { O_NOTIFICATION_PIPE } from './uapi/pipe.ts';
import { CAP_SYS_RESOURCE, capable } from './user.ts';
import { wake_up_interruptible } from './wait.ts';

/** The read end and the write end of a new pipe. */
function create_pipe_files(flags: number): [file, file] {
  const inode = newInode(current.kernel, 0xd);
  const name = `pipe:[${inode.i_ino}]`;
  const pipe = new pipe_inode_info(!current.kernel.patched['0ddad21d3e99']);
  const write_flags = O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT));
  const writes = new file(pipeanon_fops, name, inode, write_flags, pipe);
  const reads = new file(pipeanon_fops, name, inode, O_RDONLY | (flags & O_NONBLOCK), pipe);
  return [reads, writes];
}

/** Puts both ends of a new pipe behind the two lowest free descriptors; 0 or -errno. */
export function* do_pipe2(fildes: [number, number], flags: number): Kernel<number> {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT | O_NOTIFICATION_PIPE)) !== 0) return -EINVAL;
  if ((flags & O_NOTIFICATION_PIPE) !== 0) return -ENOPKG; // A kernel without WATCH_QUEUE.
  const [reads, writes] = create_pipe_files(flags);
  const fdr = yield* get_unused_fd_flags(flags);
  const fdw = fdr < 0 ? fdr : yield* get_unused_fd_flags(flags);
  if (fdw < 0) {
    if (fdr >= 0) yield* put_unused_fd(fdr);
    fput(reads);
    fput(writes);
    return fdw;
  }
  fildes[0] = fdr;
  fildes[1] = fdw;
  fd_install(fdr, reads);
  fd_install(fdw, writes);
  return 0;
}

/** The most that a pipe can be grown to, as /proc/sys/fs/pipe-max-size has it. */
const pipe_max_size = 1_048_576;

/** The next power of two, at least a page; 0 for what is too large. */
function round_pipe_size(size: number): number {
  if (size > 2 ** 31) return 0;
  let rounded = PAGE_SIZE;
  while (rounded < size) rounded *= 2;
  return rounded;
}

/** F_SETPIPE_SZ: the new size, rounded up, or -errno. */
function* pipe_set_size(pipe: pipe_inode_info, arg: number): Kernel<number> {
  const size = round_pipe_size(arg);
  const nr_slots = size / PAGE_SIZE;
  if (nr_slots === 0) return -EINVAL;
  if (nr_slots > pipe.max_usage && size > pipe_max_size && !capable(CAP_SYS_RESOURCE)) {
    return -EPERM;
  }
  const error = yield* pipe_resize_ring(pipe, nr_slots);
  return error < 0 ? error : pipe.max_usage * PAGE_SIZE;
}

/** Gives the ring another number of slots; -EBUSY if more are in use. */
function* pipe_resize_ring(pipe: pipe_inode_info, nr_slots: number): Kernel<number> {
  yield spin_lock_irq(pipe.rd_wait.lock);
  if (nr_slots < pipe.bufs.length) {
    spin_unlock_irq(pipe.rd_wait.lock);
    return -EBUSY;
  }
  pipe.max_usage = nr_slots;
  spin_unlock_irq(pipe.rd_wait.lock);
  yield* wake_up_interruptible(pipe.wr_wait); // There may be more room for writers.
  return 0;
}

const get_pipe_info = (f: file): pipe_inode_info | null =>
  f.f_op === pipeanon_fops ? (f.private_data as pipe_inode_info) : null;

/** F_GETPIPE_SZ and F_SETPIPE_SZ: the size in bytes, or -errno. */
export function* pipe_fcntl(f: file, cmd: number, arg: number): Kernel<number> {
  const pipe = get_pipe_info(f);
  if (pipe === null) return -EBADF;
  yield mutex_lock(pipe.mutex);
  const ret =
    cmd === F_GETPIPE_SZ ? pipe.max_usage * PAGE_SIZE : yield* pipe_set_size(pipe, arg >>> 0);
  mutex_unlock(pipe.mutex);
  return ret;
}
