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
import {
  addTo,
  isBelowMax,
  isMax,
  isZero,
  readU64,
  sumIsBelowMax,
  takeOne,
  Uint64,
  writeU64,
} from './u64.ts';
import { type iov_iter, iov_iter_advance, iov_iter_count } from './uaccess.ts';
import { EAGAIN, EINVAL } from './uapi/errno.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE } from './uapi/eventfd.ts';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT } from './uapi/eventpoll.ts';
import { O_NONBLOCK, O_RDWR } from './uapi/fcntl.ts';
import { wait_queue_head, waitqueue_active, wake_up_locked_poll, wake_up_poll } from './wait.ts';
import { wait_event_interruptible_locked_irq } from './wait_event.ts';

export class eventfd_ctx extends Uint64 implements Named {
  readonly wqh: wait_queue_head = new wait_queue_head('eventfd', 'ctx->wqh.lock');

  readonly flags: number;
  /** Shown in fdinfo, and given out again after a close. */
  readonly id: number;

  // Ours:
  readonly identity: number = newIdentity();
  peek: Op | null = null;

  constructor(count: number, flags: number) {
    super(0, count);
    this.flags = flags;
    this.wqh.lock.covers = this;
    this.id = ida_alloc(current.kernel.eventfd_ida);
  }

  /** In the context itself, as in Linux. Under wqh.lock. */
  get count(): Uint64 {
    return this;
  }

  get name(): string {
    return 'eventfd';
  }
}

const one = new Uint64(0, 1);

/** Ours: announces a look at the counter without its lock. */
const peekAtCount = (ctx: eventfd_ctx): Op => (ctx.peek ??= new Op('access', ctx));

const ctxOf = (file: file): eventfd_ctx => file.private_data as eventfd_ctx;

/** Adds to the counter on behalf of the kernel; may run in any context. */
export function* eventfd_signal_mask(ctx: eventfd_ctx, mask: number): Kernel<void> {
  if (current.in_eventfd) throw new KernelBug('WARNING', 'eventfd_signal() recurses');
  yield spin_lock_irqsave(ctx.wqh.lock);
  current.in_eventfd = true;
  if (!isMax(ctx.count)) addTo(ctx.count, one);
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
  if (!current.kernel.alone) yield peekAtCount(ctx);
  const { count } = ctx;
  let events = 0;
  if (!isZero(count)) events |= EPOLLIN;
  if (isMax(count)) events |= EPOLLERR;
  if (isBelowMax(count)) events |= EPOLLOUT;
  return events;
}

/** Takes the counter, or one of it. Called with wqh.lock held. */
function eventfd_ctx_do_read({ count, flags }: eventfd_ctx): Uint64 {
  if ((flags & EFD_SEMAPHORE) !== 0 && !isZero(count)) {
    takeOne(count);
    return one;
  }
  const cnt = new Uint64(count.high, count.low);
  count.high = 0;
  count.low = 0;
  return cnt;
}

function* eventfd_read(file: file, to: iov_iter): Kernel<number> {
  __fentry__('eventfd_read');
  const ctx = ctxOf(file);
  if (iov_iter_count(to) < 8) return -EINVAL;
  yield spin_lock_irq(ctx.wqh.lock);
  if (isZero(ctx.count)) {
    if ((file.f_flags & O_NONBLOCK) !== 0) {
      spin_unlock_irq(ctx.wqh.lock);
      return -EAGAIN;
    }
    const ret = yield* wait_event_interruptible_locked_irq(ctx.wqh, () => !isZero(ctx.count));
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
  writeU64(to.data, to.iov_offset, ucnt);
  iov_iter_advance(to, 8);
  return 8;
}

function* eventfd_write(file: file, from: iov_iter): Kernel<number> {
  __fentry__('eventfd_write');
  const ctx = ctxOf(file);
  if (iov_iter_count(from) !== 8) return -EINVAL;
  const ucnt = readU64(from.data, from.iov_offset);
  if (isMax(ucnt)) return -EINVAL;
  yield spin_lock_irq(ctx.wqh.lock);
  if (!sumIsBelowMax(ctx.count, ucnt)) {
    const ret =
      (file.f_flags & O_NONBLOCK) !== 0
        ? -EAGAIN
        : yield* wait_event_interruptible_locked_irq(ctx.wqh, () => sumIsBelowMax(ctx.count, ucnt));
    if (ret !== 0) {
      spin_unlock_irq(ctx.wqh.lock);
      return ret;
    }
  }
  addTo(ctx.count, ucnt);
  current.in_eventfd = true;
  if (waitqueue_active(ctx.wqh)) yield* wake_up_locked_poll(ctx.wqh, EPOLLIN);
  current.in_eventfd = false;
  spin_unlock_irq(ctx.wqh.lock);
  return 8;
}

function* eventfd_show_fdinfo(m: string[], file: file): Kernel<void> {
  const ctx = ctxOf(file);
  yield spin_lock_irq(ctx.wqh.lock);
  const cnt = ctx.count.value;
  spin_unlock_irq(ctx.wqh.lock);
  m.push(`eventfd-count: ${cnt.toString(16).padStart(16)}`);
  m.push(`eventfd-id: ${ctx.id}`);
  m.push(`eventfd-semaphore: ${(ctx.flags & EFD_SEMAPHORE) !== 0 ? 1 : 0}`);
}

/** What there is can be read, and to nothing everything can be added. */
const goesAtOnce = (file: file, writes: boolean): boolean => isZero(ctxOf(file).count) === writes;

export const eventfd_fops: file_operations = {
  name: 'eventfd',
  show_fdinfo: eventfd_show_fdinfo,
  release: eventfd_release,
  poll: eventfd_poll,
  read_iter: eventfd_read,
  write_iter: eventfd_write,
  goesAtOnce,
  writesSegments: true,
  llseek: noop_llseek,
};

/** A new counter behind the lowest free descriptor, or -errno. `count` is an unsigned int. */
export function* do_eventfd(count: number, flags: number): Kernel<number> {
  if ((flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) !== 0) return -EINVAL;
  const ctx = new eventfd_ctx(count, flags);
  const fd = yield* get_unused_fd_flags(flags & EFD_CLOEXEC);
  if (fd < 0) {
    eventfd_free_ctx(ctx);
    return fd;
  }
  const status = O_RDWR | (flags & EFD_NONBLOCK);
  fd_install(fd, anon_inode_getfile('[eventfd]', eventfd_fops, ctx, status));
  return fd;
}
