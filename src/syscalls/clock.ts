/**
 * clock_gettime. Linux: kernel/time/posix-timers.c.
 *
 * Differs from Linux: nothing suspends, so CLOCK_BOOTTIME is the monotonic clock; a coarse clock is
 * as exact as the other; code takes no time, so a thread and a process have used none; no clocks of
 * other processes or of devices, and no alarm clocks, which need a real-time clock in the machine.
 */

import { current } from '../kernel/current.ts';
import { ktime_get } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import { ktime_to_timespec64, type timespec } from '../kernel/time.ts';
import { EINVAL } from '../kernel/uapi/errno.ts';
import * as clocks from '../kernel/uapi/time.ts';
import { refuse } from './refuse.ts';

const realtime: ReadonlySet<number> = new Set([
  clocks.CLOCK_REALTIME,
  clocks.CLOCK_REALTIME_COARSE,
  clocks.CLOCK_TAI,
]);
const used: ReadonlySet<number> = new Set([
  clocks.CLOCK_PROCESS_CPUTIME_ID,
  clocks.CLOCK_THREAD_CPUTIME_ID,
]);
const monotonic: ReadonlySet<number> = new Set([
  clocks.CLOCK_MONOTONIC,
  clocks.CLOCK_MONOTONIC_RAW,
  clocks.CLOCK_MONOTONIC_COARSE,
  clocks.CLOCK_BOOTTIME,
]);

/** What a clock shows, in ns; null where there is no such clock. */
function timeOf(clock: number): number | null {
  if (monotonic.has(clock)) return ktime_get();
  if (realtime.has(clock)) return ktime_get() + current.kernel.hrtimers.realtimeOffset_ns;
  return used.has(clock) ? 0 : null;
}

/** Fills in `tp`. */
export function sys_clock_gettime(which_clock: number, tp: timespec): Kernel<number> {
  const now = timeOf(which_clock);
  if (now === null) return refuse(-EINVAL);
  Object.assign(tp, ktime_to_timespec64(now));
  return refuse(0);
}
