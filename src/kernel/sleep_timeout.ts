/**
 * Sleeping with a bound. Linux: kernel/time/sleep_timeout.c.
 *
 * Differs from Linux: a bound is in nanoseconds, not in ticks, and is kept exactly.
 */
import { current } from './current.ts';
import { ktime_get, schedule_hrtimeout_range } from './hrtimer.ts';
import type { Kernel } from './op.ts';
import { schedule } from './sched.ts';

/** No bound. */
export const MAX_SCHEDULE_TIMEOUT: number = Number.POSITIVE_INFINITY;

/**
 * Sleeps in the state that was set before, until woken or for `timeout` ns; what is left of it,
 * 0 when the time is up.
 */
export function* schedule_timeout(timeout: number): Kernel<number> {
  if (timeout === MAX_SCHEDULE_TIMEOUT) {
    yield schedule(current);
    return timeout;
  }
  const expire = ktime_get() + timeout;
  yield* schedule_hrtimeout_range(expire, 0);
  return Math.max(expire - ktime_get(), 0);
}
