/**
 * tgkill, kill, rt_sigqueueinfo, rt_sigaction, rt_sigprocmask. Linux: kernel/signal.c.
 */
import { do_send_specific, kill_proc_info, kill_something_info } from '../kernel/kill.ts';
import type { Kernel } from '../kernel/op.ts';
import { find_task_by_vpid } from '../kernel/pid.ts';
import { do_sigaction, type sigaction, sigprocmask, type sigset_t } from '../kernel/signal.ts';
import { ownInfo } from '../kernel/signal_send.ts';
import { EINVAL, ESRCH } from '../kernel/uapi/errno.ts';
import { SI_QUEUE, SI_USER } from '../kernel/uapi/signal.ts';
import { refuse } from './refuse.ts';

/** Sends a signal to one thread of a process. */
export function sys_tgkill(tgid: number, pid: number, sig: number): Kernel<number> {
  if (pid <= 0 || tgid <= 0) return refuse(-EINVAL);
  const target = find_task_by_vpid(pid);
  return target?.tgid === tgid ? do_send_specific(target, sig) : refuse(-ESRCH);
}

/** Sends a signal to a process; 0: to the caller's group, -1: to all others, else to a group. */
export const sys_kill = (pid: number, sig: number): Kernel<number> =>
  kill_something_info(ownInfo(sig, SI_USER), pid);

/** As kill() of one process, with a value of 64 bits. */
export const sys_rt_sigqueueinfo = (pid: number, sig: number, si_value: bigint): Kernel<number> =>
  kill_proc_info(ownInfo(sig, SI_QUEUE, si_value), pid);

export const sys_rt_sigaction = (sig: number, act: sigaction): Kernel<number> =>
  do_sigaction(sig, act);

export const sys_rt_sigprocmask = (how: number, set: sigset_t): Kernel<number> =>
  sigprocmask(how, set);
