/**
 * High-resolution timers on the virtual clock. Linux: kernel/time/hrtimer.c, kernel/time/sleep_timeout.c.
 *
 * The clock stands still while anything can run. Timers wait in a tree ordered by expiry, then by
 * start; the machine takes the first one out and runs its function as an interrupt.
 *
 * Invariants: a queued timer is in the tree exactly once, under the key it was queued with;
 * `running` from the moment when it leaves the tree to fire until its function has returned.
 * Differs from Linux: a timer fires at its soft expiry exactly, where Linux may be late by its slack;
 * of timers that are due together the one with less slack is first, as in Linux. Whoever waits for
 * the end of a timer function sleeps instead of spinning, so that no schedule spins for ever. Times
 * beyond 2^53 ns (104 days) are rounded to what a number can hold.
 */

import { current } from './current.ts';
import { looksAt, writesTo } from './footprint.ts';
import type { Kernel } from './op.ts';
import { rb_add, rb_erase, rb_first, rb_next, type rb_root, rbRoot } from './rbtree.ts';
import {
  schedule,
  set_current_state,
  TASK_NORMAL,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  type task_struct,
  try_to_wake_up,
  wake_up_process,
} from './sched.ts';
import { irqExit } from './softirq.ts';
import { endOfTimer, stepOfTimer } from './steps.ts';
import { __fentry__ } from './trace.ts';
import { EINTR } from './uapi/errno.ts';

export const NSEC_PER_MSEC = 1_000_000;
export const NSEC_PER_SEC = 1_000_000_000;
/** 2^63 − 1, as near as a number comes: the end of time, at which nothing fires. */
export const KTIME_MAX: number = 2 ** 63;
/** The seconds from which on a time is KTIME_MAX. */
export const KTIME_SEC_MAX = 9_223_372_036;

export const HRTIMER_NORESTART = 0;
export const HRTIMER_RESTART = 1;

/** Runs as an interrupt when the timer expires; tells whether the timer goes on. */
export type TimerFunction = (timer: hrtimer) => Kernel<number>;

export class hrtimer {
  /** Absolute time in ns on its clock. */
  expires = 0;
  /** Its clock, null for the monotonic one; not changed while it is queued. */
  base: hrtimer_clock_base | null = null;
  function: TimerFunction;
  queued = false;
  running = false;
  // Ours:
  readonly name: string;
  slack_ns = 0;
  /** Who waits for the end of the function. */
  cancelling: task_struct[] | null = null;
  /** Orders timers that expire at the same time. */
  order = 0;
  /** The task that started it. */
  starter = '';
  /** What it does may be of no use to anybody: by itself it keeps no machine running. */
  background = false;
  /** What to do about it where it fires for ever. */
  remedy = '';

  constructor(name: string, fn: TimerFunction) {
    this.name = name;
    this.function = fn;
  }
}

/** A clock, and what waits for its times. */
export class hrtimer_clock_base {
  /** What it is ahead of the monotonic clock. */
  offset = 0;
  readonly active: rb_root<hrtimer> = rbRoot<hrtimer>(compareTimers);
}

const compareTimers = (a: hrtimer, b: hrtimer): number =>
  a.expires - b.expires || a.slack_ns - b.slack_ns || a.order - b.order;

/** All clocks. */
export class hrtimer_cpu_base {
  // Ours:
  readonly monotonic: hrtimer_clock_base = new hrtimer_clock_base();
  readonly realtime: hrtimer_clock_base = new hrtimer_clock_base();
  now_ns = 0;
  started = 0;
  /** How many wait that somebody may wait for: those that are not in the background. */
  awaited = 0;
}

const baseOf = (timer: hrtimer): hrtimer_clock_base =>
  timer.base ?? current.kernel.hrtimers.monotonic;

export function ktime_get(): number {
  looksAt(current.kernel.clock);
  return current.kernel.hrtimers.now_ns;
}
export const ktime_get_real = (): number => ktime_get() + current.kernel.hrtimers.realtime.offset;

/** What the timer's clock shows. */
export const hrtimer_cb_get_time = ({ base }: hrtimer): number =>
  base === null ? ktime_get() : ktime_get() + base.offset;

/** Ours: when the timer is due, on the monotonic clock. */
export const dueAt = ({ base, expires }: hrtimer): number =>
  base === null || expires >= KTIME_MAX ? expires : expires - base.offset;

/** The sum of two times, KTIME_MAX if it is more than that. */
export const ktime_add_safe = (lhs: number, rhs: number): number => Math.min(lhs + rhs, KTIME_MAX);

export function hrtimer_start(timer: hrtimer, expires: number): void {
  const base = current.kernel.hrtimers;
  hrtimer_cancel(timer);
  if (!timer.background) {
    writesTo(current.kernel.clock);
    current.kernel.alone &&= !current.kernel.exact;
  }
  timer.starter = current.comm;
  timer.expires = Math.min(expires, KTIME_MAX);
  timer.order = ++base.started;
  timer.queued = true;
  rb_add(baseOf(timer).active, timer);
  if (!timer.background) base.awaited++;
  if (dueAt(timer) <= base.now_ns) current.kernel.interruptDue = !current.kernel.exact;
}

/** Takes back a timer whose function is not running; true if it was waiting. */
export function hrtimer_cancel(timer: hrtimer): boolean {
  if (!timer.background) writesTo(current.kernel.clock);
  if (!timer.queued) return false;
  const base = current.kernel.hrtimers;
  rb_erase(baseOf(timer).active, timer);
  if (!timer.background) base.awaited--;
  timer.queued = false;
  return true;
}

/** Takes the timer back: 1 if it was waiting, 0 if not, -1 if its function is running. */
export function hrtimer_try_to_cancel(timer: hrtimer): number {
  looksAt(current.kernel.clock);
  if (timer.running) return -1;
  return hrtimer_cancel(timer) ? 1 : 0;
}

/** Waits until the function has returned. */
export function* hrtimer_cancel_wait_running(timer: hrtimer): Kernel<void> {
  for (looksAt(current.kernel.clock); timer.running; looksAt(current.kernel.clock)) {
    timer.cancelling ??= [];
    timer.cancelling.push(current);
    set_current_state(TASK_UNINTERRUPTIBLE);
    yield schedule(current);
  }
}

/** Moves the expiry past `now` by whole intervals; how many they were. */
export function hrtimer_forward_now(timer: hrtimer, interval: number): number {
  const late = hrtimer_cb_get_time(timer) - timer.expires;
  if (late < 0) return 0;
  const overruns = Math.floor(late / interval) + 1;
  timer.expires = ktime_add_safe(timer.expires, overruns * interval);
  return overruns;
}

/** Ours: the timer that fires next, or null. */
export function nextTimer(base: hrtimer_cpu_base): hrtimer | null {
  const first = rb_first(base.monotonic.active);
  const other = rb_first(base.realtime.active);
  const next = other !== null && (first === null || dueAt(other) < first.expires) ? other : first;
  return next === null || next.expires >= KTIME_MAX ? null : next;
}

/**
 * Ours: the timers that may fire if only order counts and not how much time there is: all but those
 * that another one, which was started before and is due no later, must precede, and those whose
 * function is running. Those in the background wait until nothing else is left to do.
 */
export function timersToFire({ monotonic, realtime, awaited }: hrtimer_cpu_base): hrtimer[] {
  const found: hrtimer[] = [];
  if (awaited === 0) return found;
  for (const { active } of [monotonic, realtime]) {
    for (let timer = rb_first(active); timer !== null; timer = rb_next(active, timer)) {
      if (!timer.background && !timer.running && timer.expires < KTIME_MAX) found.push(timer);
    }
  }
  found.sort((a, b) => dueAt(a) - dueAt(b) || a.order - b.order);
  let first = Number.POSITIVE_INFINITY;
  return found.filter(({ order }) => {
    const may = order < first;
    first = Math.min(first, order);
    return may;
  });
}

/** Ours: the interrupt of the clock, for one timer. */
export function* hrtimerInterruptOf(timer: hrtimer): Kernel<void> {
  yield* __run_hrtimer(timer);
  yield* irqExit();
}

/** The real-time clock was set: timers of its times may be due. */
export function clock_was_set(): void {
  const { kernel } = current;
  const next = nextTimer(kernel.hrtimers);
  if (next !== null && dueAt(next) <= ktime_get()) kernel.interruptDue = !kernel.exact;
}

/** The interrupt of the clock: runs every timer whose time has come. */
export function* hrtimer_interrupt(): Kernel<void> {
  __fentry__('hrtimer_interrupt');
  const { kernel } = current;
  kernel.interruptDue = false;
  const base = kernel.hrtimers;
  for (let timer = nextTimer(base); timer !== null; timer = nextTimer(base)) {
    if (dueAt(timer) > base.now_ns) break;
    yield* __run_hrtimer(timer);
  }
  kernel.interruptDue = false;
  yield* irqExit();
}

/** Takes a timer out and runs it; in interrupt context. */
export function* __run_hrtimer(timer: hrtimer): Kernel<void> {
  if (!timer.queued || timer.expires > hrtimer_cb_get_time(timer)) return; // Taken back, or put off, meanwhile.
  stepOfTimer(timer);
  hrtimer_cancel(timer);
  timer.running = true;
  const { starter } = timer;
  const { wakeups } = current.kernel;
  const restart = yield* timer.function(timer);
  endOfTimer(timer, wakeups);
  if (!timer.background) writesTo(current.kernel.clock);
  timer.running = false;
  if (timer.cancelling !== null) {
    for (const task of timer.cancelling.splice(0)) wake_up_process(task);
  }
  if (restart !== HRTIMER_RESTART || timer.queued) return;
  hrtimer_start(timer, timer.expires);
  timer.starter = starter; // And not whom the interrupt has come across.
}

/** A timer that wakes a task. */
export class hrtimer_sleeper {
  readonly timer: hrtimer;
  /** Null once the timer has fired. */
  task: task_struct | null;

  constructor(task: task_struct) {
    this.task = task;
    this.timer = new hrtimer('hrtimer_wakeup', () => hrtimer_wakeup(this));
  }
}

function* hrtimer_wakeup(sleeper: hrtimer_sleeper): Kernel<number> {
  __fentry__('hrtimer_wakeup');
  const { task } = sleeper;
  sleeper.task = null;
  if (task !== null) try_to_wake_up(task, TASK_NORMAL);
  return HRTIMER_NORESTART;
}

/**
 * Sleeps until woken, or until `expires` (absolute ns; null for ever).
 * 0 when the time has come, -EINTR when somebody woke the task before.
 */
export function* schedule_hrtimeout_range(
  expires: number | null,
  slack_ns: number,
): Kernel<number> {
  const task = current;
  if (expires === 0) {
    set_current_state(TASK_RUNNING);
    return 0;
  }
  if (expires === null) {
    yield schedule(task);
    return -EINTR;
  }
  const sleeper = new hrtimer_sleeper(task);
  sleeper.timer.slack_ns = slack_ns;
  hrtimer_start(sleeper.timer, expires);
  if (sleeper.task !== null) yield schedule(task);
  hrtimer_cancel(sleeper.timer);
  set_current_state(TASK_RUNNING);
  return sleeper.task === null ? 0 : -EINTR;
}
