/**
 * clock_gettime, clock_settime. Linux: kernel/time/posix-timers.c, kernel/time/timekeeping.c.
 *
 * Differs from Linux: nothing suspends, so CLOCK_BOOTTIME is the monotonic clock; a coarse clock is
 * as exact as the other; code takes no time, so a thread and a process have used none; no clocks of
 * other processes or of devices, and no alarm clocks, which need a real-time clock in the machine.
 */

import { current } from '../kernel/current.ts';
import { clock_was_set, KTIME_SEC_MAX, ktime_get, ktime_get_real } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import {
  ktime_to_timespec64,
  type timespec,
  timespec64_to_ktime,
  timespec64_valid,
} from '../kernel/time.ts';
import { timerfd_clock_was_set } from '../kernel/timerfd.ts';
import { EFAULT, EINVAL, EPERM } from '../kernel/uapi/errno.ts';
import * as clocks from '../kernel/uapi/time.ts';
import { CAP_SYS_TIME, capable } from '../kernel/user.ts';
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
  if (realtime.has(clock)) return ktime_get_real();
  return used.has(clock) ? 0 : null;
}

/** Fills in `tp`. */
export function sys_clock_gettime(which_clock: number, tp: timespec): Kernel<number> {
  const now = timeOf(which_clock);
  if (now === null) return refuse(-EINVAL);
  Object.assign(tp, ktime_to_timespec64(now));
  return refuse(0);
}

/** How long a machine may be up: 30 years. So far from the end of time a clock can be set. */
const TIME_UPTIME_SEC_MAX = 30 * 365 * 24 * 3600;

/** Sets the real-time clock, which moves the timers that wait for its times; 0, or -errno. */
export function* sys_clock_settime(which_clock: number, tp: timespec | null): Kernel<number> {
  if (which_clock !== clocks.CLOCK_REALTIME) return -EINVAL;
  if (tp === null) return -EFAULT;
  if (!timespec64_valid(tp) || tp.tv_sec >= KTIME_SEC_MAX - TIME_UPTIME_SEC_MAX) return -EINVAL;
  if (!capable(CAP_SYS_TIME)) return -EPERM;
  const offset = timespec64_to_ktime(tp) - ktime_get();
  if (offset < 0) return -EINVAL; // It cannot be earlier than the machine's start.
  current.kernel.hrtimers.realtime.offset = offset;
  clock_was_set();
  yield* timerfd_clock_was_set();
  return 0;
}
