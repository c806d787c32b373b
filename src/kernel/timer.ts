/**
 * Timers that count in ticks and run as a softirq. Linux: kernel/time/timer.c, include/linux/timer.h.
 *
 * Invariants: a timer is pending in the tree of hrtimers, or expired on the list of one CPU, or
 * neither.
 * Differs from Linux: a tick is a millisecond; the wheel is the tree that hrtimers wait in.
 */
import { current } from './current.ts';
import {
  HRTIMER_NORESTART,
  hrtimer,
  hrtimer_cancel,
  hrtimer_start,
  ktime_get,
  NSEC_PER_MSEC,
} from './hrtimer.ts';
import type { Kernel } from './op.ts';
import { irqExit, raise_softirq_irqoff, TIMER_SOFTIRQ } from './softirq.ts';

/** Ticks in a second. */
export const HZ = 1000;

/** The clock in ticks. */
export const jiffies = (): number => Math.floor(ktime_get() / NSEC_PER_MSEC);

export class timer_list {
  /** In ticks. */
  expires = 0;
  /** Runs as a softirq when the timer has expired. */
  readonly function: () => Kernel<void>;

  // Ours:
  readonly tick: hrtimer;
  /** It has fired and waits for bottom halves to be enabled. */
  expired = false;

  /** `background`: see hrtimer. */
  constructor(name: string, fn: () => Kernel<void>, background = false) {
    this.function = fn;
    this.tick = new hrtimer(name, () => expireTimer(this));
    this.tick.background = background;
  }
}

/** Timers that have fired and wait for their softirq, by CPU. One set a machine. */
export class TimerBases {
  readonly expired: timer_list[][] = [];
}

export const timer_pending = (timer: timer_list): boolean => timer.tick.queued || timer.expired;

/** Starts a timer, or moves it. */
export function mod_timer(timer: timer_list, expires: number): void {
  timer.expired = false;
  timer.expires = expires;
  hrtimer_start(timer.tick, expires * NSEC_PER_MSEC);
}

/** Takes a timer back; true if it was waiting. */
export function timer_delete(timer: timer_list): boolean {
  const pending = timer_pending(timer);
  timer.expired = false;
  hrtimer_cancel(timer.tick);
  return pending;
}

/** Runs as an interrupt when the time has come. */
function* expireTimer(timer: timer_list): Kernel<number> {
  leaveToSoftirq(timer);
  yield* irqExit();
  return HRTIMER_NORESTART;
}

/** Ours: lets the timer's function run in the next TIMER_SOFTIRQ of this CPU. */
export function leaveToSoftirq(timer: timer_list): void {
  const { expired } = current.kernel.timers;
  timer.expired = true;
  (expired[current.cpu] ??= []).push(timer);
  raise_softirq_irqoff(TIMER_SOFTIRQ);
}

/** TIMER_SOFTIRQ: runs what has expired on this CPU. */
export function* run_timer_softirq(): Kernel<void> {
  const timers = current.kernel.timers.expired[current.cpu] ?? [];
  for (let timer = timers.shift(); timer !== undefined; timer = timers.shift()) {
    if (!timer.expired) continue; // Taken back, or started again, in between.
    timer.expired = false;
    yield* timer.function();
  }
}
