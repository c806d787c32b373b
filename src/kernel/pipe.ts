/**
 * Reading, writing, polling and closing a pipe. Linux: fs/pipe.c.
 *
 * Who finds the pipe empty or full sleeps at the end of the queue of its side, and one wakeup wakes
 * one of them; who was woken and leaves something behind hands the wakeup on. Readers are woken
 * where the pipe was empty, writers where a full pipe lost a slot: a watcher of the other changes
 * hears of them only because a pipe that was ever polled wakes its read end on every write.
 *
 * Invariants: slots and counts of ends change under pipe->mutex; pipe_poll() reads without.
 * Differs from Linux: no splice, no FIFOs, no SIGIO.
 */
import { current } from './current.ts';
import { ENOIOCTLCMD, ERESTARTSYS } from './errno.ts';
import { FMODE_READ, FMODE_WRITE, type file, type file_operations } from './file.ts';
import { writesTo } from './footprint.ts';
import { readShort, writeShort } from './liberty.ts';
import { mutex_lock, mutex_unlock } from './mutex.ts';
import type { Kernel } from './op.ts';
import {
  PAGE_SIZE,
  PIPE_BUF_FLAG_CAN_MERGE,
  PIPE_BUF_FLAG_PACKET,
  pipe_buffer,
  type pipe_inode_info,
  pipe_is_empty,
  pipe_is_full,
} from './pipe_fs_i.ts';
import { type poll_table, poll_wait, wantsQueue } from './poll.ts';
import { signal_pending } from './sched.ts';
import { send_sig } from './signal_send.ts';
import { __fentry__, traceFact, traceNote } from './trace.ts';
import { copy_to_iter, type iov_iter, iov_iter_count } from './uaccess.ts';
import { EAGAIN, EPIPE } from './uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDNORM,
  EPOLLWRNORM,
} from './uapi/eventpoll.ts';
import { O_DIRECT, O_NONBLOCK } from './uapi/fcntl.ts';
import { FIONREAD } from './uapi/ioctls.ts';
import { SIGPIPE } from './uapi/signal.ts';
import {
  type wait_queue_head,
  wake_up_interruptible_all,
  wake_up_interruptible_sync_poll,
} from './wait.ts';
import { wait_event_interruptible, wait_event_interruptible_exclusive } from './wait_event.ts';

const READABLE: number = EPOLLIN | EPOLLRDNORM;
const WRITABLE: number = EPOLLOUT | EPOLLWRNORM;

const pipeOf = (filp: file): pipe_inode_info => filp.private_data as pipe_inode_info;

/** Does every write wake readers, as long as it wrote something? Before 5.5. */
const writesWakeAlways = (): boolean => !current.kernel.patched['1b6b26ae7053'];

/** Does a slot that becomes free wake writers, whatever there was before? Before 5.5. */
const readsWakeAlways = (): boolean => !current.kernel.patched.f467a6a66419;

/** Does a read of a full pipe wake writers, whether it frees a slot or not? From 5.5 to 6.13. */
const wakesIfFull = (pipe: pipe_inode_info): boolean =>
  !current.kernel.patched.aaec5a95d596 && !readsWakeAlways() && pipe_is_full(pipe);

/** Sleeps until there is something to do: one such sleeper wakes at a time since 0ddad21d3e99. */
const sleepUntil = (
  wait: wait_queue_head,
  pipe: pipe_inode_info,
  condition: () => boolean,
): Kernel<number> =>
  current.kernel.patched['0ddad21d3e99']
    ? wait_event_interruptible_exclusive(wait, pipe.look, condition)
    : wait_event_interruptible(wait, pipe.look, condition);

const anon_pipe_get_page = (pipe: pipe_inode_info): Uint8Array =>
  pipe.tmp_page.pop() ?? new Uint8Array(PAGE_SIZE);

function anon_pipe_put_page(pipe: pipe_inode_info, page: Uint8Array): void {
  if (pipe.tmp_page.length < 2) pipe.tmp_page.push(page);
}

const pipe_readable = (pipe: pipe_inode_info): boolean =>
  !pipe_is_empty(pipe) || pipe.writers === 0;

const pipe_writable = (pipe: pipe_inode_info): boolean => !pipe_is_full(pipe) || pipe.readers === 0;

/** Takes bytes out of the first slot; true if it was the end of the read. */
function readBuffer(pipe: pipe_inode_info, buf: pipe_buffer, to: iov_iter): boolean {
  const chars = copy_to_iter(buf.page.subarray(buf.offset, buf.offset + buf.len), to);
  buf.offset += chars;
  buf.len -= chars;
  const packet = (buf.flags & PIPE_BUF_FLAG_PACKET) !== 0;
  if (packet) buf.len = 0; // What did not fit is lost.
  if (buf.len === 0) {
    pipe.bufs.shift();
    anon_pipe_put_page(pipe, buf.page);
  }
  return packet || iov_iter_count(to) === 0;
}

function* anon_pipe_read(filp: file, to: iov_iter): Kernel<number> {
  __fentry__('anon_pipe_read');
  const total_len = iov_iter_count(to);
  const pipe = pipeOf(filp);
  let wake_writer = false;
  let wake_next_reader = false;
  let ret = 0;
  if (total_len === 0) return 0;
  yield mutex_lock(pipe.mutex);
  for (;;) {
    if (wakesIfFull(pipe)) wake_writer = true;
    while (!pipe_is_empty(pipe)) {
      const was_full = pipe_is_full(pipe);
      const buf = pipe.bufs.peekFront() as pipe_buffer;
      const end = readBuffer(pipe, buf, to);
      ret = total_len - iov_iter_count(to);
      if (buf.len === 0 && (was_full || readsWakeAlways())) wake_writer = true;
      if (end || pipe_is_empty(pipe)) break;
      // The slots become free one by one for who looks without the mutex.
      if (!current.kernel.alone) yield pipe.look;
    }
    if (ret > 0 || pipe.writers === 0) break;
    if ((filp.f_flags & O_NONBLOCK) !== 0) {
      ret = -EAGAIN;
      break;
    }
    mutex_unlock(pipe.mutex);
    traceNote('anon_pipe_read: empty, waits', pipe);
    const error = yield* sleepUntil(pipe.rd_wait, pipe, () => pipe_readable(pipe));
    if (error < 0) return -ERESTARTSYS;
    wake_next_reader = true;
    yield mutex_lock(pipe.mutex);
  }
  if (pipe_is_empty(pipe)) wake_next_reader = false;
  mutex_unlock(pipe.mutex);
  if (wake_writer) yield* wake_up_interruptible_sync_poll(pipe.wr_wait, WRITABLE);
  else if (ret > 0) traceFact(pipe_is_full(pipe) ? 'still full' : 'was not full', pipe);
  if (wake_next_reader) yield* wake_up_interruptible_sync_poll(pipe.rd_wait, READABLE);
  return ret;
}

/** Copies user memory into a page; how many bytes. */
function copy_page_from_iter(page: Uint8Array, offset: number, bytes: number, i: iov_iter): number {
  const copied = Math.min(bytes, iov_iter_count(i));
  if (copied === 1) page[offset] = i.data[i.iov_offset] as number;
  else page.set(i.data.subarray(i.iov_offset, i.iov_offset + copied), offset);
  i.iov_offset += copied;
  i.count -= copied;
  return copied;
}

/**
 * Appends what the write has beyond whole pages to the last slot, if all of that fits there; how
 * many bytes. What is left then fills whole slots.
 */
function mergeIntoLast(pipe: pipe_inode_info, from: iov_iter): number {
  const chars = iov_iter_count(from) & (PAGE_SIZE - 1);
  const buf = pipe.bufs.peekBack();
  if (chars === 0 || buf === undefined || (buf.flags & PIPE_BUF_FLAG_CAN_MERGE) === 0) return 0;
  const offset = buf.offset + buf.len;
  if (offset + chars > PAGE_SIZE) return 0;
  traceNote('anon_pipe_write: into the last slot', pipe);
  buf.len += copy_page_from_iter(buf.page, offset, chars, from);
  return chars;
}

/** Fills a new slot with up to a page; how many bytes. */
function addBuffer(pipe: pipe_inode_info, filp: file, from: iov_iter): number {
  const page = anon_pipe_get_page(pipe);
  const copied = copy_page_from_iter(page, 0, PAGE_SIZE, from);
  const packet = (filp.f_flags & O_DIRECT) !== 0;
  const flags = packet ? PIPE_BUF_FLAG_PACKET : PIPE_BUF_FLAG_CAN_MERGE;
  pipe.bufs.push(new pipe_buffer(page, copied, flags));
  return copied;
}

function* anon_pipe_write(filp: file, from: iov_iter): Kernel<number> {
  __fentry__('anon_pipe_write');
  const pipe = pipeOf(filp);
  if (iov_iter_count(from) === 0) return 0;
  yield mutex_lock(pipe.mutex);
  let was_empty = pipe.readers > 0 && pipe_is_empty(pipe);
  let wake_next_writer = false;
  let ret = pipe.readers > 0 ? mergeIntoLast(pipe, from) : 0;
  let wrote = ret > 0;
  while (iov_iter_count(from) > 0) {
    if (pipe.readers === 0) {
      yield* send_sig(SIGPIPE, current);
      if (ret === 0) ret = -EPIPE;
      break;
    }
    if (!pipe_is_full(pipe)) {
      ret += addBuffer(pipe, filp, from);
      wrote = true;
      // The slots fill one by one for who looks without the mutex.
      if (iov_iter_count(from) > 0 && !current.kernel.alone) yield pipe.look;
      continue;
    }
    if ((filp.f_flags & O_NONBLOCK) !== 0) {
      if (ret === 0) ret = -EAGAIN;
      break;
    }
    if (signal_pending(current)) {
      if (ret === 0) ret = -ERESTARTSYS;
      break;
    }
    mutex_unlock(pipe.mutex);
    traceNote('anon_pipe_write: full, waits', pipe);
    if (writesWakeAlways() ? wrote : was_empty) {
      yield* wake_up_interruptible_sync_poll(pipe.rd_wait, READABLE);
      wrote = false;
    }
    yield* sleepUntil(pipe.wr_wait, pipe, () => pipe_writable(pipe));
    yield mutex_lock(pipe.mutex);
    was_empty = pipe_is_empty(pipe);
    wake_next_writer = true;
  }
  if (pipe_is_full(pipe)) wake_next_writer = false;
  mutex_unlock(pipe.mutex);
  if (writesWakeAlways() ? wrote : was_empty || (yield* wakesPollers(pipe))) {
    yield* wake_up_interruptible_sync_poll(pipe.rd_wait, READABLE);
  }
  if (wake_next_writer) yield* wake_up_interruptible_sync_poll(pipe.wr_wait, WRITABLE);
  return ret;
}

/** Does a write to a pipe that was not empty wake the read end's queue? Even one that failed. */
function* wakesPollers(pipe: pipe_inode_info): Kernel<boolean> {
  const { patched } = current.kernel;
  if (!patched['3b844826b6c6']) {
    if (!patched['3a34b13a88ca']) {
      traceNote('anon_pipe_write: was not empty, wakes nobody', pipe, 'was not empty');
    }
    return patched['3a34b13a88ca'];
  }
  if (!current.kernel.alone) yield pipe.look; // Without the mutex, which is given back.
  if (!pipe.poll_usage) {
    traceNote('anon_pipe_write: was not empty, never polled', pipe, 'never polled');
  }
  return pipe.poll_usage;
}

function* pipe_ioctl(filp: file, cmd: number, arg: unknown): Kernel<number> {
  if (cmd !== FIONREAD) return -ENOIOCTLCMD;
  const pipe = pipeOf(filp);
  let count = 0;
  yield mutex_lock(pipe.mutex);
  for (let i = 0; i < pipe.bufs.length; i++) count += (pipe.bufs.peekAt(i) as pipe_buffer).len;
  mutex_unlock(pipe.mutex);
  (arg as { value: number }).value = count;
  return 0;
}

/** What `w_counter` was when the file was opened; pipe2() leaves it so. */
const f_pipe: number = 0;

/** Is every write to wake readers from now on? Since 7.3 for an EPOLLET item of the read end only. */
function asksForWakeups(reads: boolean, wait: poll_table | null): boolean {
  if (!current.kernel.patched.pseudo_edgetrigger) return true;
  return reads && wait !== null && wait._key !== -1 && (wait._key & EPOLLET) !== 0;
}

function* pipe_poll(filp: file, wait: poll_table | null): Kernel<number> {
  __fentry__('pipe_poll');
  const pipe = pipeOf(filp);
  const reads = (filp.f_mode & FMODE_READ) !== 0;
  const writes = (filp.f_mode & FMODE_WRITE) !== 0;
  if (!pipe.poll_usage && asksForWakeups(reads, wait)) {
    if (!current.kernel.alone) yield pipe.look; // Writes look at it without the mutex.
    writesTo(pipe.identity);
    pipe.poll_usage = true;
  }
  if (wantsQueue(wait)) {
    if (reads) yield* poll_wait(filp, pipe.rd_wait, wait);
    if (writes) yield* poll_wait(filp, pipe.wr_wait, wait);
  }
  if (!current.kernel.alone) yield pipe.look; // The slots are read without the mutex …
  let mask = 0;
  if (reads && !pipe_is_empty(pipe)) mask |= READABLE;
  if (writes && !pipe_is_full(pipe)) mask |= WRITABLE;
  if (!current.kernel.alone) yield pipe.look; // … and then the ends: not the same moment.
  if (reads && pipe.writers === 0 && f_pipe !== pipe.w_counter) mask |= EPOLLHUP;
  if (writes && pipe.readers === 0) mask |= EPOLLERR;
  return mask;
}

/** Gives a file's reference back; the last one frees the pipe. */
function put_pipe_info(pipe: pipe_inode_info): void {
  if (--pipe.files > 0) return;
  pipe.mutex.freed = true;
  pipe.rd_wait.lock.freed = true;
  pipe.wr_wait.lock.freed = true;
}

const wakeOne = (wait: wait_queue_head): Kernel<number> =>
  wake_up_interruptible_sync_poll(wait, READABLE | WRITABLE | EPOLLERR | EPOLLHUP);

function* pipe_release(filp: file): Kernel<void> {
  __fentry__('pipe_release');
  const pipe = pipeOf(filp);
  yield mutex_lock(pipe.mutex);
  if ((filp.f_mode & FMODE_READ) !== 0) pipe.readers--;
  if ((filp.f_mode & FMODE_WRITE) !== 0) pipe.writers--;
  // The last reader or writer is gone, and the other side is still there.
  if ((pipe.readers === 0) !== (pipe.writers === 0)) {
    // Before 6551d5c56eb0 one exclusive sleeper of each side heard of it.
    const wake = current.kernel.patched['6551d5c56eb0'] ? wake_up_interruptible_all : wakeOne;
    yield* wake(pipe.rd_wait);
    if (pipe.wr_wait !== pipe.rd_wait) yield* wake(pipe.wr_wait);
  }
  mutex_unlock(pipe.mutex);
  put_pipe_info(pipe);
}

/** There is something; or a slot is free that takes all of it. */
const goesAtOnce = (filp: file, writes: boolean, bytes: number): boolean =>
  writes ? bytes <= PAGE_SIZE && !pipe_is_full(pipeOf(filp)) : !pipe_is_empty(pipeOf(filp));

/** POSIX.1: so many bytes are written as a whole, or not at all. */
const PIPE_BUF: number = PAGE_SIZE;

const waits = ({ f_flags }: file): boolean => (f_flags & O_NONBLOCK) === 0;

const readPipe = (filp: file, to: iov_iter): Kernel<number> =>
  current.kernel.liberties === null || (filp.f_flags & O_DIRECT) !== 0
    ? anon_pipe_read(filp, to)
    : readShort(filp, to, waits(filp), anon_pipe_read);

const writePipe = (filp: file, from: iov_iter): Kernel<number> =>
  current.kernel.liberties === null
    ? anon_pipe_write(filp, from)
    : writeShort(filp, from, waits(filp), PIPE_BUF, anon_pipe_write);

export const pipeanon_fops: file_operations = {
  name: 'pipe',
  read_iter: readPipe,
  write_iter: writePipe,
  goesAtOnce,
  canDirect: true,
  canAsync: true,
  poll: pipe_poll,
  unlocked_ioctl: pipe_ioctl,
  release: pipe_release,
};
