/**
 * getpid, gettid, sched_yield, nanosleep, tgkill, kill, rt_sigqueueinfo, rt_sigaction,
 * rt_sigprocmask.
 * Linux: kernel/sys.c, kernel/sched/syscalls.c, kernel/time/hrtimer.c, kernel/signal.c.
 */
import { current } from '../kernel/current.ts';
import { ktime_add_safe, ktime_get, schedule_hrtimeout_range } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import { schedule, set_restart_fn, signal_pending, TASK_INTERRUPTIBLE } from '../kernel/sched.ts';
import { do_sigaction, type sigaction, sigprocmask, type sigset_t } from '../kernel/signal.ts';
import { do_send_specific, kill_proc_info } from '../kernel/signal_send.ts';
import { ktime_to_timespec64, timespec64_to_ktime, timespec64_valid } from '../kernel/time.ts';
import { EINVAL, ESRCH } from '../kernel/uapi/errno.ts';
import { SI_QUEUE, SI_USER } from '../kernel/uapi/signal.ts';
import type { timespec } from './epoll.ts';
import { refuse } from './refuse.ts';

export const sys_getpid = (): Kernel<number> => refuse(current.tgid);
export const sys_gettid = (): Kernel<number> => refuse(current.pid);

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
    current.__state = TASK_INTERRUPTIBLE;
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

/** Sends a signal to one thread of a process. */
export function sys_tgkill(tgid: number, pid: number, sig: number): Kernel<number> {
  if (pid <= 0 || tgid <= 0) return refuse(-EINVAL);
  const target = current.kernel.tasks.get(pid);
  if (target?.tgid !== tgid || target.exit_state !== 0) return refuse(-ESRCH);
  return do_send_specific(target, sig);
}

/** Sends a signal to a process. There are no process groups: nobody has a `pid` below 1. */
export const sys_kill = (pid: number, sig: number): Kernel<number> =>
  kill_proc_info(sig, SI_USER, 0n, pid);

/** As kill(), with a value of 64 bits. */
export const sys_rt_sigqueueinfo = (pid: number, sig: number, si_value: bigint): Kernel<number> =>
  kill_proc_info(sig, SI_QUEUE, si_value, pid);

export const sys_rt_sigaction = (sig: number, act: sigaction): Kernel<number> =>
  do_sigaction(sig, act);

export const sys_rt_sigprocmask = (how: number, set: sigset_t): Kernel<number> =>
  sigprocmask(how, set);
