/** sched_yield, nanosleep. Linux: kernel/sched/syscalls.c, kernel/time/hrtimer.c. */
import { current } from '../kernel/current.ts';
import { ktime_add_safe, ktime_get, schedule_hrtimeout_range } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import {
  schedule,
  set_current_state,
  set_restart_fn,
  signal_pending,
  TASK_INTERRUPTIBLE,
} from '../kernel/sched.ts';
import { ktime_to_timespec64, timespec64_to_ktime, timespec64_valid } from '../kernel/time.ts';
import { EINVAL } from '../kernel/uapi/errno.ts';
import type { timespec } from './epoll.ts';
import { refuse } from './refuse.ts';

/** Lets somebody else run, if the schedule wants that. */
export function* sys_sched_yield(): Kernel<number> {
  yield schedule(current);
  return 0;
}

/** Sleeps for a time span; 0, or -EINTR when a handler cut it short, with the rest in `rmtp`. */
export function sys_nanosleep(rqtp: timespec, rmtp: timespec | null): Kernel<number> {
  if (!timespec64_valid(rqtp)) return refuse(-EINVAL);
  const expires = ktime_add_safe(ktime_get(), timespec64_to_ktime(rqtp));
  return do_nanosleep(expires, current.timer_slack_ns, rmtp);
}

function* do_nanosleep(expires: number, slack_ns: number, rmtp: timespec | null): Kernel<number> {
  do {
    set_current_state(TASK_INTERRUPTIBLE);
    if ((yield* schedule_hrtimeout_range(expires, slack_ns)) === 0) return 0;
  } while (!signal_pending(current));
  // What is left, and the end of a sleep that goes on, include the slack.
  const latest = ktime_add_safe(expires, slack_ns);
  if (rmtp !== null) {
    const rem = latest - ktime_get();
    if (rem <= 0) return 0;
    Object.assign(rmtp, ktime_to_timespec64(rem));
  }
  return set_restart_fn(() => do_nanosleep(latest, 0, rmtp));
}
