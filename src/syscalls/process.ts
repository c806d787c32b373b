/**
 * getpid, gettid, sched_yield, nanosleep, tgkill, rt_sigaction, rt_sigprocmask.
 * Linux: kernel/sys.c, kernel/sched/syscalls.c, kernel/time/hrtimer.c, kernel/signal.c.
 */
import { current } from '../kernel/current.ts';
import { ktime_get, NSEC_PER_SEC, schedule_hrtimeout_range } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import { schedule, signal_pending, TASK_INTERRUPTIBLE } from '../kernel/sched.ts';
import {
  do_send_specific,
  do_sigaction,
  type sigaction,
  sigprocmask,
  type sigset_t,
} from '../kernel/signal.ts';
import { EINTR, EINVAL, ESRCH } from '../kernel/uapi/errno.ts';
import type { timespec } from './epoll.ts';
import { refuse } from './refuse.ts';

export const sys_getpid = (): Kernel<number> => refuse(current.tgid);
export const sys_gettid = (): Kernel<number> => refuse(current.pid);

/** Lets somebody else run, if the schedule wants that. */
export function* sys_sched_yield(): Kernel<number> {
  yield schedule(current);
  return 0;
}

/** Sleeps for a time span; 0, or -EINTR when a signal cut it short. */
export function* sys_nanosleep(rqtp: timespec): Kernel<number> {
  if (rqtp.tv_sec < 0 || rqtp.tv_nsec < 0 || rqtp.tv_nsec >= NSEC_PER_SEC) return -EINVAL;
  const expires = ktime_get() + rqtp.tv_sec * NSEC_PER_SEC + rqtp.tv_nsec;
  for (;;) {
    current.__state = TASK_INTERRUPTIBLE;
    if ((yield* schedule_hrtimeout_range(expires, current.timer_slack_ns)) === 0) return 0;
    if (signal_pending(current)) return -EINTR;
  }
}

/** Sends a signal to one thread of a process. */
export function sys_tgkill(tgid: number, pid: number, sig: number): Kernel<number> {
  if (pid <= 0 || tgid <= 0) return refuse(-EINVAL);
  const target = current.kernel.tasks.get(pid);
  if (target === undefined || target.tgid !== tgid) return refuse(-ESRCH);
  return do_send_specific(target, sig);
}

export const sys_rt_sigaction = (sig: number, act: sigaction): Kernel<number> =>
  do_sigaction(sig, act);

export const sys_rt_sigprocmask = (how: number, set: sigset_t): Kernel<number> =>
  sigprocmask(how, set);
