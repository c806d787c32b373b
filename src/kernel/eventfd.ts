/**
 * A counter that can be waited for. Linux: fs/eventfd.c.
 *
 * Invariants: `count` changes under wqh.lock; eventfd_poll() reads it without.
 */

import { anon_inode_getfile } from './anon_inodes.ts';
import { KernelBug } from './bug.ts';
import { current } from './current.ts';
import { fd_install, type file, type file_operations, get_unused_fd_flags } from './file.ts';
import { newIdentity } from './footprint.ts';
import { noop_llseek } from './fs/llseek.ts';
import { ida_alloc, ida_free } from './ida.ts';
import { type Kernel, type Named, Op } from './op.ts';
import { type poll_table, poll_wait, wantsQueue } from './poll.ts';
import {
  spin_lock_irq,
  spin_lock_irqsave,
  spin_unlock_irq,
  spin_unlock_irqrestore,
} from './spinlock.ts';
import { __fentry__ } from './trace.ts';
import { getU64, putU64 } from './u64.ts';
import { copy_to_iter, type iov_iter, iov_iter_count } from './uaccess.ts';
import { EAGAIN, EINVAL } from './uapi/errno.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE } from './uapi/eventfd.ts';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT } from './uapi/eventpoll.ts';
import { O_NONBLOCK, O_RDWR } from './uapi/fcntl.ts';
import { wait_queue_head, waitqueue_active, wake_up_locked_poll, wake_up_poll } from './wait.ts';
import { wait_event_interruptible_locked_irq } from './wait_event.ts';

export const ULLONG_MAX: bigint = 0xffff_ffff_ffff_ffffn;

export class eventfd_ctx implements Named {
  readonly wqh: wait_queue_head = new wait_queue_head('eventfd', 'ctx->wqh.lock');

  // Under wqh.lock:
  count: bigint;

  readonly flags: number;
  /** Shown in fdinfo, and given out again after a close. */
  readonly id: number;

  // Ours:
  readonly name = 'eventfd';
  readonly identity: number = newIdentity();
  readonly look: Op = new Op('access', this);

  constructor(count: bigint, flags: number) {
    this.count = count;
    this.flags = flags;
    this.wqh.lock.covers = this;
    this.id = ida_alloc(current.kernel.eventfd_ida);
  }
}

const ctxOf = (file: file): eventfd_ctx => file.private_data as eventfd_ctx;

/** Adds to the counter on behalf of the kernel; may run in any context. */
export function* eventfd_signal_mask(ctx: eventfd_ctx, mask: number): Kernel<void> {
  if (current.in_eventfd) throw new KernelBug('WARNING', 'eventfd_signal() recurses');
  yield spin_lock_irqsave(ctx.wqh.lock);
  current.in_eventfd = true;
  if (ctx.count < ULLONG_MAX) ctx.count++;
  if (waitqueue_active(ctx.wqh)) yield* wake_up_locked_poll(ctx.wqh, EPOLLIN | mask);
  current.in_eventfd = false;
  spin_unlock_irqrestore(ctx.wqh.lock);
}

function eventfd_free_ctx(ctx: eventfd_ctx): void {
  ida_free(current.kernel.eventfd_ida, ctx.id);
}

function* eventfd_release(file: file): Kernel<void> {
  yield* wake_up_poll(ctxOf(file).wqh, EPOLLHUP);
  eventfd_free_ctx(ctxOf(file));
}

function* eventfd_poll(file: file, wait: poll_table | null): Kernel<number> {
  __fentry__('eventfd_poll');
  const ctx = ctxOf(file);
  if (wantsQueue(wait)) yield* poll_wait(file, ctx.wqh, wait);
  if (!current.kernel.alone) yield ctx.look; // The counter is read without its lock.
  const { count } = ctx;
  let events = 0;
  if (count > 0n) events |= EPOLLIN;
  if (count === ULLONG_MAX) events |= EPOLLERR;
  if (count < ULLONG_MAX - 1n) events |= EPOLLOUT;
  return events;
}

/** Takes the counter, or one of it. Called with wqh.lock held. */
function eventfd_ctx_do_read(ctx: eventfd_ctx): bigint {
  const cnt = (ctx.flags & EFD_SEMAPHORE) !== 0 && ctx.count > 0n ? 1n : ctx.count;
  ctx.count -= cnt;
  return cnt;
}

function* eventfd_read(file: file, to: iov_iter): Kernel<number> {
  __fentry__('eventfd_read');
  const ctx = ctxOf(file);
  if (iov_iter_count(to) < 8) return -EINVAL;
  yield spin_lock_irq(ctx.wqh.lock);
  if (ctx.count === 0n) {
    if ((file.f_flags & O_NONBLOCK) !== 0) {
      spin_unlock_irq(ctx.wqh.lock);
      return -EAGAIN;
    }
    const ret = yield* wait_event_interruptible_locked_irq(ctx.wqh, () => ctx.count > 0n);
    if (ret !== 0) {
      spin_unlock_irq(ctx.wqh.lock);
      return ret;
    }
  }
  const ucnt = eventfd_ctx_do_read(ctx);
  current.in_eventfd = true;
  if (waitqueue_active(ctx.wqh)) yield* wake_up_locked_poll(ctx.wqh, EPOLLOUT);
  current.in_eventfd = false;
  spin_unlock_irq(ctx.wqh.lock);
  copy_to_iter(putU64(ucnt), to);
  return 8;
}

function* eventfd_write(file: file, from: iov_iter): Kernel<number> {
  __fentry__('eventfd_write');
  const ctx = ctxOf(file);
  if (iov_iter_count(from) !== 8) return -EINVAL;
  const ucnt = getU64(from.data, from.iov_offset);
  if (ucnt === ULLONG_MAX) return -EINVAL;
  const fits = (): boolean => ULLONG_MAX - ctx.count > ucnt;
  yield spin_lock_irq(ctx.wqh.lock);
  if (!fits()) {
    const ret =
      (file.f_flags & O_NONBLOCK) !== 0
        ? -EAGAIN
        : yield* wait_event_interruptible_locked_irq(ctx.wqh, fits);
    if (ret !== 0) {
      spin_unlock_irq(ctx.wqh.lock);
      return ret;
    }
  }
  ctx.count += ucnt;
  current.in_eventfd = true;
  if (waitqueue_active(ctx.wqh)) yield* wake_up_locked_poll(ctx.wqh, EPOLLIN);
  current.in_eventfd = false;
  spin_unlock_irq(ctx.wqh.lock);
  return 8;
}

function* eventfd_show_fdinfo(m: string[], file: file): Kernel<void> {
  const ctx = ctxOf(file);
  yield spin_lock_irq(ctx.wqh.lock);
  const cnt = ctx.count;
  spin_unlock_irq(ctx.wqh.lock);
  m.push(`eventfd-count: ${cnt.toString(16).padStart(16)}`);
  m.push(`eventfd-id: ${ctx.id}`);
  m.push(`eventfd-semaphore: ${(ctx.flags & EFD_SEMAPHORE) !== 0 ? 1 : 0}`);
}

export const eventfd_fops: file_operations = {
  name: 'eventfd',
  show_fdinfo: eventfd_show_fdinfo,
  release: eventfd_release,
  poll: eventfd_poll,
  read_iter: eventfd_read,
  write_iter: eventfd_write,
  writesSegments: true,
  llseek: noop_llseek,
};

/** A new counter behind the lowest free descriptor, or -errno. */
export function* do_eventfd(count: number, flags: number): Kernel<number> {
  if ((flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) !== 0) return -EINVAL;
  const ctx = new eventfd_ctx(BigInt(count), flags);
  const fd = yield* get_unused_fd_flags(flags & EFD_CLOEXEC);
  if (fd < 0) {
    eventfd_free_ctx(ctx);
    return fd;
  }
  const status = O_RDWR | (flags & EFD_NONBLOCK);
  fd_install(fd, anon_inode_getfile('[eventfd]', eventfd_fops, ctx, status));
  return fd;
}
