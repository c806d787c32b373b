/**
 * To whom a signal goes: a thread, a process, a group, everybody. Linux: kernel/signal.c.
 *
 * Differs from Linux: there is one user, who may send to all.
 */
import { current } from './current.ts';
import type { Kernel } from './op.ts';
import { find_vpid, type pid, pid_task, task_pgrp } from './pid.ts';
import { read_lock, read_unlock } from './rwlock.ts';
import type { task_struct } from './sched.ts';
import type { kernel_siginfo } from './signal.ts';
import { do_send_sig_info, ownInfo, type SignalScope, valid_signal } from './signal_send.ts';
import { EINVAL, ESRCH } from './uapi/errno.ts';
import { SI_TKILL } from './uapi/signal.ts';

/** Sends to one thread; 0 or -errno. Signal 0 only asks whether the thread can be sent to. */
export function* do_send_specific(p: task_struct, sig: number): Kernel<number> {
  if (!valid_signal(sig)) return -EINVAL;
  // One that ends just now is as good as one that ends afterwards.
  if (sig !== 0) yield* do_send_sig_info(ownInfo(sig, SI_TKILL), p, 'PIDTYPE_PID');
  return 0;
}

/** Sends to the process that `p` belongs to, or to `p` alone; 0 or -errno. */
export function* group_send_sig_info(
  info: kernel_siginfo,
  p: task_struct,
  type: SignalScope,
): Kernel<number> {
  if (!valid_signal(info.si_signo)) return -EINVAL;
  if (info.si_signo === 0) return 0;
  return yield* do_send_sig_info(info, p, type);
}

/** Sends to each process of a group; 0 if one of them got it. */
function* __kill_pgrp_info(info: kernel_siginfo, pgrp: pid | null): Kernel<number> {
  let ret = -ESRCH;
  for (const p of pgrp?.tasks.PIDTYPE_PGID ?? []) {
    const err = yield* group_send_sig_info(info, p, 'PIDTYPE_PGID');
    if (ret !== 0) ret = err;
  }
  return ret;
}

export function* kill_pgrp_info(info: kernel_siginfo, pgrp: pid): Kernel<number> {
  const { tasklist_lock } = current.kernel;
  yield read_lock(tasklist_lock);
  const ret = yield* __kill_pgrp_info(info, pgrp);
  read_unlock(tasklist_lock);
  return ret;
}

/** Sends to whoever bears the pid. */
export function* kill_pid_info_type(
  info: kernel_siginfo,
  pid: pid | null,
  type: SignalScope,
): Kernel<number> {
  for (;;) {
    const p = pid_task(pid, 'PIDTYPE_PID');
    const error = p === null ? -ESRCH : yield* group_send_sig_info(info, p, type);
    // Released just now; another thread may have come into its place by execve().
    if (p === null || error !== -ESRCH) return error;
  }
}

/** Sends to the process with a thread of number `pid`; 0 or -errno. */
export const kill_proc_info = (info: kernel_siginfo, pid: number): Kernel<number> =>
  kill_pid_info_type(info, find_vpid(pid), 'PIDTYPE_TGID');

const INT_MIN = -0x8000_0000;

/** As kill() takes it: a process, the caller's group (0), a group (negative), all others (-1). */
export function* kill_something_info(info: kernel_siginfo, pid: number): Kernel<number> {
  if (pid > 0) return yield* kill_proc_info(info, pid);
  if (pid === INT_MIN) return -ESRCH;
  const { tasklist_lock } = current.kernel;
  yield read_lock(tasklist_lock);
  const ret =
    pid === -1
      ? yield* killOthers(info)
      : yield* __kill_pgrp_info(info, pid === 0 ? task_pgrp(current) : find_vpid(-pid));
  read_unlock(tasklist_lock);
  return ret;
}

/** Sends to every process but init and the caller's own, the oldest first. */
function* killOthers(info: kernel_siginfo): Kernel<number> {
  let ret = -ESRCH;
  for (const p of current.kernel.tasks.values()) {
    if (p.group_leader !== p || p.signal === current.signal) continue;
    ret = yield* group_send_sig_info(info, p, 'PIDTYPE_MAX');
  }
  return ret;
}
