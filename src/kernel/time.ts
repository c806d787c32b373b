/**
 * Times as system calls take them, and the kernel's nanoseconds.
 * Linux: include/linux/time64.h, include/linux/ktime.h.
 */
import { KTIME_MAX, KTIME_SEC_MAX, NSEC_PER_SEC } from './hrtimer.ts';

/**
 * A time span, or a moment of a clock, in seconds and nanoseconds: see timespec in
 * clock_gettime(2).
 */
export interface timespec {
  /** Seconds. */
  tv_sec: number;
  /** Nanoseconds besides, below 1,000,000,000. */
  tv_nsec: number;
}

/**
 * When a timer fires first, and how long it is from one firing to the next: see timerfd_settime(2).
 */
export interface itimerspec {
  /** From one firing to the next; 0 for only one. */
  it_interval: timespec;
  /** The first firing, as a span from now or as a moment; 0 stops the timer. */
  it_value: timespec;
}

export const timespec64_valid = (ts: timespec): boolean =>
  ts.tv_sec >= 0 && ts.tv_nsec >= 0 && ts.tv_nsec < NSEC_PER_SEC;

export const itimerspec64_valid = (its: itimerspec): boolean =>
  timespec64_valid(its.it_interval) && timespec64_valid(its.it_value);

/** In nanoseconds; what is too long for the clock is cut to its end. */
export const timespec64_to_ktime = (ts: timespec): number =>
  ts.tv_sec >= KTIME_SEC_MAX ? KTIME_MAX : ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;

export const ktime_to_timespec64 = (kt: number): timespec =>
  kt >= KTIME_MAX
    ? { tv_sec: KTIME_SEC_MAX, tv_nsec: 854_775_807 }
    : { tv_sec: Math.floor(kt / NSEC_PER_SEC), tv_nsec: kt % NSEC_PER_SEC };
