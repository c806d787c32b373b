/**
 * A timer that can be waited for. Linux: fs/timerfd.c.
 *
 * Expiry adds one tick and does not start a periodic timer again: that is left to who reads the
 * ticks or asks for the time, and adds the periods that went by. So a timer that nobody reads wakes
 * its watchers once.
 *
 * Invariants: everything changes under wqh.lock; `expired` means that the timer has fired and has
 * not been started again; `might_cancel` that the timer is in the cancel list.
 * Differs from Linux: nothing suspends, so an alarm is an ordinary timer and CLOCK_BOOTTIME is the
 * monotonic clock. The cancel list needs one lock, not a second one a timer: what changes under
 * the two changes in one step.
 */

import { anon_inode_getfile } from './anon_inodes.ts';
import { current } from './current.ts';
import {
  fd_install,
  fdget,
  type file,
  type file_operations,
  fput,
  get_unused_fd_flags,
} from './file.ts';
import { newIdentity } from './footprint.ts';
import { noop_llseek } from './fs/llseek.ts';
import {
  HRTIMER_NORESTART,
  hrtimer,
  hrtimer_cancel_wait_running,
  hrtimer_cb_get_time,
  hrtimer_forward_now,
  hrtimer_start,
  hrtimer_try_to_cancel,
  KTIME_MAX,
  ktime_add_safe,
} from './hrtimer.ts';
import type { Kernel, Named } from './op.ts';
import { type poll_table, poll_wait, wantsQueue } from './poll.ts';
import { call_rcu, rcu_read_lock, rcu_read_unlock } from './rcu.ts';
import {
  spin_lock,
  spin_lock_irq,
  spin_lock_irqsave,
  spin_unlock,
  spin_unlock_irq,
  spin_unlock_irqrestore,
  spinlock_t,
} from './spinlock.ts';
import {
  type itimerspec,
  itimerspec64_valid,
  ktime_to_timespec64,
  timespec64_to_ktime,
} from './time.ts';
import { __fentry__, traceFact, traceNote } from './trace.ts';
import { putU64 } from './u64.ts';
import { copy_to_iter, type iov_iter, iov_iter_count } from './uaccess.ts';
import { EAGAIN, EBADF, ECANCELED, EFAULT, EINVAL, ENOTTY, EPERM } from './uapi/errno.ts';
import { EPOLLIN } from './uapi/eventpoll.ts';
import { O_NONBLOCK, O_RDWR } from './uapi/fcntl.ts';
import {
  CLOCK_BOOTTIME,
  CLOCK_BOOTTIME_ALARM,
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  CLOCK_REALTIME_ALARM,
} from './uapi/time.ts';
import {
  TFD_CLOEXEC,
  TFD_IOC_SET_TICKS,
  TFD_NONBLOCK,
  TFD_TIMER_ABSTIME,
  TFD_TIMER_CANCEL_ON_SET,
} from './uapi/timerfd.ts';
import { CAP_WAKE_ALARM, capable } from './user.ts';
import { wait_queue_head, wake_up_locked_poll } from './wait.ts';
import { wait_event_interruptible_locked_irq } from './wait_event.ts';

/** What the real-time clock is ahead of the monotonic one. */
const realtimeOffset = (): number => current.kernel.hrtimers.realtime.offset;

/** The timers that end when the clock is set. One a machine. */
export class CancelList {
  readonly cancel_lock: spinlock_t = new spinlock_t('cancel_lock');
  /** The newest first. */
  readonly cancel_list: timerfd_ctx[] = [];
}

export class timerfd_ctx implements Named {
  readonly wqh: wait_queue_head = new wait_queue_head('timerfd', 'ctx->wqh.lock');
  readonly clockid: number;

  /** Under cancel_lock: the clock's being set ends it. */
  might_cancel = false;

  // Under wqh.lock:
  readonly tmr: hrtimer;
  /** The period in ns, 0 for none. */
  tintv = 0;
  ticks = 0;
  expired = false;
  /** What the real-time clock was ahead when that was last looked at; KTIME_MAX: it was set. */
  moffs: number = realtimeOffset();
  /** What the last timerfd_settime() was told. */
  settime_flags = 0;

  // Ours:
  readonly name = 'timerfd';
  readonly identity: number = newIdentity();

  constructor(clockid: number) {
    this.clockid = clockid;
    this.wqh.lock.covers = this;
    this.tmr = new hrtimer('timerfd_tmrproc', () => timerfd_tmrproc(this));
  }
}

const ctxOf = (file: file): timerfd_ctx => file.private_data as timerfd_ctx;

const isalarm = (ctx: timerfd_ctx): boolean =>
  ctx.clockid === CLOCK_REALTIME_ALARM || ctx.clockid === CLOCK_BOOTTIME_ALARM;

/** The clock has reached the timer: one tick, and whoever waits is woken. */
function* timerfd_triggered(ctx: timerfd_ctx): Kernel<void> {
  yield spin_lock_irqsave(ctx.wqh.lock);
  ctx.expired = true;
  ctx.ticks++;
  traceFact('fired', ctx, ctx.tintv);
  yield* wake_up_locked_poll(ctx.wqh, EPOLLIN);
  spin_unlock_irqrestore(ctx.wqh.lock);
}

function* timerfd_tmrproc(ctx: timerfd_ctx): Kernel<number> {
  __fentry__('timerfd_tmrproc');
  yield* timerfd_triggered(ctx);
  return HRTIMER_NORESTART;
}

/** The real-time clock was set: timers that are to end by that are readable. */
export function* timerfd_clock_was_set(): Kernel<void> {
  __fentry__('timerfd_clock_was_set');
  rcu_read_lock();
  for (const ctx of [...current.kernel.timerfds.cancel_list]) {
    if (!ctx.might_cancel) continue;
    yield spin_lock_irqsave(ctx.wqh.lock);
    if (ctx.moffs !== realtimeOffset()) {
      ctx.moffs = KTIME_MAX;
      ctx.ticks++;
      yield* wake_up_locked_poll(ctx.wqh, EPOLLIN);
    }
    spin_unlock_irqrestore(ctx.wqh.lock);
  }
  rcu_read_unlock();
}

function* timerfd_remove_cancel(ctx: timerfd_ctx): Kernel<void> {
  if (!ctx.might_cancel) return;
  const { cancel_lock, cancel_list } = current.kernel.timerfds;
  yield spin_lock(cancel_lock);
  if (ctx.might_cancel) cancel_list.splice(cancel_list.indexOf(ctx), 1);
  ctx.might_cancel = false;
  spin_unlock(cancel_lock);
}

const isRealtime = ({ clockid }: timerfd_ctx): boolean =>
  clockid === CLOCK_REALTIME || clockid === CLOCK_REALTIME_ALARM;

/** Does the new setting end when the clock is set? */
function* timerfd_setup_cancel(ctx: timerfd_ctx, flags: number): Kernel<void> {
  const both = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
  if (!isRealtime(ctx) || (flags & both) !== both) return yield* timerfd_remove_cancel(ctx);
  if (ctx.might_cancel) return;
  const { cancel_lock, cancel_list } = current.kernel.timerfds;
  yield spin_lock(cancel_lock);
  if (!ctx.might_cancel) cancel_list.unshift(ctx);
  ctx.might_cancel = true;
  spin_unlock(cancel_lock);
}

/** Was the clock set since this was last asked? Called with wqh.lock held. */
function timerfd_canceled(ctx: timerfd_ctx): boolean {
  if (!ctx.might_cancel || ctx.moffs !== KTIME_MAX) return false;
  ctx.moffs = realtimeOffset();
  return true;
}

/** Time to the next expiry, 0 if there is none. Called with wqh.lock held. */
const timerfd_get_remaining = ({ tmr }: timerfd_ctx): number =>
  Math.max(tmr.expires - hrtimer_cb_get_time(tmr), 0);

/** Starts a periodic timer that has fired again; the periods that went by count as ticks. */
function restart(ctx: timerfd_ctx): void {
  traceNote('timerfd: periodic, started again', ctx, 'armed');
  ctx.ticks += hrtimer_forward_now(ctx.tmr, ctx.tintv) - 1;
  hrtimer_start(ctx.tmr, ctx.tmr.expires);
}

/**
 * Sets the timer anew, and forgets its ticks; 0, or -ECANCELED if the clock was set meanwhile.
 * Called with wqh.lock held.
 */
function timerfd_setup(ctx: timerfd_ctx, flags: number, ktmr: itimerspec): number {
  const { tmr } = ctx;
  const texp = timespec64_to_ktime(ktmr.it_value);
  const absolute = (flags & TFD_TIMER_ABSTIME) !== 0;
  ctx.expired = false;
  ctx.ticks = 0;
  ctx.tintv = timespec64_to_ktime(ktmr.it_interval);
  // Setting the clock does not move a span of time, unless it is that of an alarm.
  const moves = isRealtime(ctx) && (absolute || isalarm(ctx));
  tmr.base = moves ? current.kernel.hrtimers.realtime : null;
  if (!isalarm(ctx)) tmr.expires = texp; // An alarm that is stopped shows its time for ever.
  if (texp !== 0) {
    traceFact('armed', ctx);
    hrtimer_start(tmr, absolute ? texp : ktime_add_safe(hrtimer_cb_get_time(tmr), texp));
    if (timerfd_canceled(ctx)) return -ECANCELED;
  } else {
    traceFact('disarmed', ctx);
  }
  ctx.settime_flags = flags;
  return 0;
}

function* timerfd_release(file: file): Kernel<void> {
  const ctx = ctxOf(file);
  yield* timerfd_remove_cancel(ctx);
  while (hrtimer_try_to_cancel(ctx.tmr) < 0) yield* hrtimer_cancel_wait_running(ctx.tmr);
  call_rcu(() => {
    ctx.wqh.lock.freed = true;
  });
}

function* timerfd_poll(file: file, wait: poll_table | null): Kernel<number> {
  __fentry__('timerfd_poll');
  const ctx = ctxOf(file);
  if (wantsQueue(wait)) yield* poll_wait(file, ctx.wqh, wait);
  yield spin_lock_irqsave(ctx.wqh.lock);
  const events = ctx.ticks > 0 ? EPOLLIN : 0;
  spin_unlock_irqrestore(ctx.wqh.lock);
  return events;
}

function* timerfd_read_iter(file: file, to: iov_iter): Kernel<number> {
  __fentry__('timerfd_read_iter');
  const ctx = ctxOf(file);
  if (iov_iter_count(to) < 8) return -EINVAL;
  yield spin_lock_irq(ctx.wqh.lock);
  let res = -EAGAIN;
  if ((file.f_flags & O_NONBLOCK) === 0) {
    res = yield* wait_event_interruptible_locked_irq(ctx.wqh, () => ctx.ticks > 0);
  }
  // Who waits has to look at the clock again: ticks do not count, and nothing starts again.
  if (timerfd_canceled(ctx)) {
    ctx.ticks = 0;
    ctx.expired = false;
    res = -ECANCELED;
  }
  let ticks = 0;
  if (ctx.ticks > 0) {
    if (ctx.expired && ctx.tintv !== 0) restart(ctx);
    ticks = ctx.ticks;
    ctx.expired = false;
    ctx.ticks = 0;
  }
  spin_unlock_irq(ctx.wqh.lock);
  return ticks === 0 ? res : copy_to_iter(putU64(BigInt(ticks)), to);
}

function* timerfd_show(m: string[], file: file): Kernel<void> {
  const ctx = ctxOf(file);
  yield spin_lock_irq(ctx.wqh.lock);
  const value = ktime_to_timespec64(timerfd_get_remaining(ctx));
  const interval = ktime_to_timespec64(ctx.tintv);
  spin_unlock_irq(ctx.wqh.lock);
  m.push(`clockid: ${ctx.clockid}`);
  m.push(`ticks: ${ctx.ticks}`);
  m.push(`settime flags: 0${ctx.settime_flags.toString(8)}`);
  m.push(`it_value: (${value.tv_sec}, ${value.tv_nsec})`);
  m.push(`it_interval: (${interval.tv_sec}, ${interval.tv_nsec})`);
}

/** TFD_IOC_SET_TICKS: ticks that the clock had no part in, as after a checkpoint; 0 or -errno. */
function* timerfd_ioctl(file: file, cmd: number, arg: unknown): Kernel<number> {
  const ctx = ctxOf(file);
  if (cmd !== TFD_IOC_SET_TICKS) return -ENOTTY;
  if (arg === null) return -EFAULT;
  const ticks = (arg as { value: number }).value;
  if (ticks === 0) return -EINVAL;
  yield spin_lock_irq(ctx.wqh.lock);
  const canceled = timerfd_canceled(ctx);
  if (!canceled) {
    ctx.ticks = ticks;
    yield* wake_up_locked_poll(ctx.wqh, EPOLLIN);
  }
  spin_unlock_irq(ctx.wqh.lock);
  return canceled ? -ECANCELED : 0;
}

export const timerfd_fops: file_operations = {
  name: 'timerfd',
  release: timerfd_release,
  llseek: noop_llseek,
  poll: timerfd_poll,
  read_iter: timerfd_read_iter,
  show_fdinfo: timerfd_show,
  unlocked_ioctl: timerfd_ioctl,
};

/** A new timer behind the lowest free descriptor, or -errno. */
export function* do_timerfd_create(clockid: number, flags: number): Kernel<number> {
  const ctx = new timerfd_ctx(clockid);
  const plain =
    clockid === CLOCK_MONOTONIC || clockid === CLOCK_REALTIME || clockid === CLOCK_BOOTTIME;
  if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) !== 0) return -EINVAL;
  if (!plain && !isalarm(ctx)) return -EINVAL;
  if (isalarm(ctx) && !capable(CAP_WAKE_ALARM)) return -EPERM;
  const ufd = yield* get_unused_fd_flags(flags);
  if (ufd < 0) return ufd;
  const status = O_RDWR | (flags & TFD_NONBLOCK);
  fd_install(ufd, anon_inode_getfile('[timerfd]', timerfd_fops, ctx, status));
  return ufd;
}

/** The timer behind a descriptor, with a reference for this call; or -errno. */
function timerfd_fget(ufd: number): file | number {
  const f = fdget(ufd);
  if (f === null) return -EBADF;
  if (f.f_op === timerfd_fops) return f;
  fput(f);
  return -EINVAL;
}

/**
 * Sets the timer; `old`, unless null, becomes what was set before. 0 or -errno; with -ECANCELED,
 * because the clock was set meanwhile, the timer is set all the same.
 */
export function* do_timerfd_settime(
  ufd: number,
  flags: number,
  its: itimerspec,
  old: itimerspec | null,
): Kernel<number> {
  __fentry__('do_timerfd_settime');
  if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0) return -EINVAL;
  if (!itimerspec64_valid(its)) return -EINVAL;
  const f = timerfd_fget(ufd);
  if (typeof f === 'number') return f;
  const ctx = ctxOf(f);
  if (isalarm(ctx) && !capable(CAP_WAKE_ALARM)) {
    fput(f);
    return -EPERM;
  }
  yield* timerfd_setup_cancel(ctx, flags);
  yield spin_lock_irq(ctx.wqh.lock);
  while (hrtimer_try_to_cancel(ctx.tmr) < 0) {
    traceNote('do_timerfd_settime: the callback is under way, waits', ctx);
    spin_unlock_irq(ctx.wqh.lock);
    yield* hrtimer_cancel_wait_running(ctx.tmr);
    yield spin_lock_irq(ctx.wqh.lock);
  }
  // One that has fired says when it would have fired next.
  if (ctx.expired && ctx.tintv !== 0) hrtimer_forward_now(ctx.tmr, ctx.tintv);
  const was: itimerspec = { ...its };
  fillIn(was, ctx);
  const ret = timerfd_setup(ctx, flags, its);
  spin_unlock_irq(ctx.wqh.lock);
  fput(f);
  if (ret === 0 && old !== null) Object.assign(old, was);
  return ret;
}

/** Fills in the time to the next expiry and the period. Called with wqh.lock held. */
function fillIn(t: itimerspec, ctx: timerfd_ctx): void {
  t.it_value = ktime_to_timespec64(timerfd_get_remaining(ctx));
  t.it_interval = ktime_to_timespec64(ctx.tintv);
}

/** Fills in what is set, and starts a periodic timer that has fired again; 0 or -errno. */
export function* do_timerfd_gettime(ufd: number, t: itimerspec): Kernel<number> {
  __fentry__('do_timerfd_gettime');
  const f = timerfd_fget(ufd);
  if (typeof f === 'number') return f;
  const ctx = ctxOf(f);
  yield spin_lock_irq(ctx.wqh.lock);
  if (ctx.expired && ctx.tintv !== 0) {
    ctx.expired = false;
    restart(ctx);
  }
  fillIn(t, ctx);
  spin_unlock_irq(ctx.wqh.lock);
  fput(f);
  return 0;
}
