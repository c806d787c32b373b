/**
 * getpid, gettid, getppid, process groups and sessions; fork, vfork, clone, execve, exit,
 * exit_group, wait4, waitid; pidfd_open, pidfd_send_signal.
 * Linux: kernel/sys.c, kernel/fork.c, fs/exec.c, kernel/exit.c, kernel/pid.c, kernel/signal.c.
 */
import { current } from '../kernel/current.ts';
import { kernel_wait4, kernel_waitid, type waitid_info } from '../kernel/do_wait.ts';
import { begin_new_exec } from '../kernel/exec.ts';
import { do_exit, do_group_exit } from '../kernel/exit.ts';
import { kernel_clone } from '../kernel/fork.ts';
import type { Kernel } from '../kernel/op.ts';
import {
  change_pid,
  find_task_by_vpid,
  find_vpid,
  pid_task,
  task_pgrp,
  task_session,
} from '../kernel/pid.ts';
import { pidfd_open, pidfd_send_signal } from '../kernel/pidfs.ts';
import { write_lock_irq, write_unlock_irq } from '../kernel/rwlock.ts';
import { PF_FORKNOEXEC, type task_struct } from '../kernel/sched.ts';
import type { kernel_siginfo } from '../kernel/signal.ts';
import { EACCES, EINVAL, EPERM, ESRCH } from '../kernel/uapi/errno.ts';
import { CLONE_VFORK, CLONE_VM } from '../kernel/uapi/sched.ts';
import { SIGCHLD } from '../kernel/uapi/signal.ts';
import { refuse } from './refuse.ts';

export const sys_getpid = (): Kernel<number> => refuse(current.tgid);
export const sys_gettid = (): Kernel<number> => refuse(current.pid);
export const sys_getppid = (): Kernel<number> => refuse(current.real_parent.tgid);

export const sys_getpgid = (pid: number): Kernel<number> => refuse(numberOf(pid, task_pgrp));
export const sys_getsid = (pid: number): Kernel<number> => refuse(numberOf(pid, task_session));

/** Of a process, 0 for the caller's own; -ESRCH where there is none. */
function numberOf(pid: number, of: typeof task_pgrp): number {
  const task = pid === 0 ? current : find_task_by_vpid(pid);
  return task === null ? -ESRCH : of(task).nr;
}

/** May the running task put `p` into a process group? 0 or -errno. */
function mayMove(p: task_struct): number {
  const { group_leader } = current;
  if (p.group_leader !== p) return -EINVAL;
  if (p.real_parent.signal === group_leader.signal) {
    if (task_session(p) !== task_session(group_leader)) return -EPERM;
    if ((p.flags & PF_FORKNOEXEC) === 0) return -EACCES;
  } else if (p !== group_leader) return -ESRCH;
  return p.signal.leader ? -EPERM : 0;
}

/** Puts `p` into a process group; 0 or -errno. Called with tasklist_lock held. */
function do_setpgid(p: task_struct | null, pgid: number): number {
  const err = p === null ? -ESRCH : mayMove(p);
  if (err < 0 || p === null) return err;
  const pgrp = pgid === p.pid ? p.thread_pid : find_vpid(pgid);
  if (pgrp === null) return -EPERM;
  const member = pid_task(pgrp, 'PIDTYPE_PGID');
  if (pgid !== p.pid && (member === null || task_session(member) !== task_session(current))) {
    return -EPERM;
  }
  if (task_pgrp(p) !== pgrp) change_pid(p, 'PIDTYPE_PGID', pgrp);
  return 0;
}

/** Puts a process into a group; 0 stands for the caller, and for a group of its own. */
export function* sys_setpgid(pid: number, pgid: number): Kernel<number> {
  const whom = pid === 0 ? current.tgid : pid;
  if (pgid < 0) return -EINVAL;
  const { tasklist_lock } = current.kernel;
  yield write_lock_irq(tasklist_lock);
  const err = do_setpgid(find_task_by_vpid(whom), pgid === 0 ? whom : pgid);
  write_unlock_irq(tasklist_lock);
  return err;
}

/** A session and a process group for the caller alone; their number, or -EPERM. */
export function* sys_setsid(): Kernel<number> {
  const { kernel, group_leader } = current;
  const sid = group_leader.thread_pid;
  yield write_lock_irq(kernel.tasklist_lock);
  const refused = group_leader.signal.leader || pid_task(sid, 'PIDTYPE_PGID') !== null;
  if (!refused) {
    group_leader.signal.leader = true;
    group_leader.signal.tty = null;
    change_pid(group_leader, 'PIDTYPE_SID', sid);
    change_pid(group_leader, 'PIDTYPE_PGID', sid);
  }
  write_unlock_irq(kernel.tasklist_lock);
  return refused ? -EPERM : sid.nr;
}

/** Gives a new task its code, or none yet; its name is the caller's until then. */
export type Starter = (child: task_struct) => void;

/** A process like the caller; `start` stands for what the child does when its fork() gives 0. */
export const sys_fork = (start: Starter): Kernel<number> => kernel_clone(SIGCHLD, start);

/** As fork(), and comes back when the child has called execve() or has ended. */
export const sys_vfork = (start: Starter): Kernel<number> =>
  kernel_clone(CLONE_VFORK | CLONE_VM | SIGCHLD, start);

/** As fork(); with CLONE_FILES the child shares the descriptors instead of having copies. */
export const sys_clone = (flags: number, start: Starter): Kernel<number> =>
  kernel_clone(flags, start);

/** What execve() does before the new program, which is its caller's to run. */
export const sys_execve = (pathname: string): Kernel<number> =>
  begin_new_exec(pathname.slice(pathname.lastIndexOf('/') + 1));

const statusFor = (error_code: number): number => (error_code & 0xff) << 8;

/** Ends the calling thread; does not return. */
export const sys_exit = (error_code: number): Kernel<void> => do_exit(statusFor(error_code));

/** Ends the process; does not return. */
export const sys_exit_group = (error_code: number): Kernel<void> =>
  do_group_exit(statusFor(error_code));

export const sys_wait4 = (
  upid: number,
  stat: { status: number },
  options: number,
): Kernel<number> => kernel_wait4(upid, stat, options);

/** 0, with `infop` filled in unless WNOHANG found nobody; or -errno. */
export function* sys_waitid(
  which: number,
  upid: number,
  infop: waitid_info,
  options: number,
): Kernel<number> {
  const ret = yield* kernel_waitid(which, upid, infop, options);
  return Math.min(ret, 0);
}

export const sys_pidfd_open = (pid: number, flags: number): Kernel<number> =>
  pidfd_open(pid, flags);

export const sys_pidfd_send_signal = (
  pidfd: number,
  sig: number,
  info: kernel_siginfo | null,
  flags: number,
): Kernel<number> => pidfd_send_signal(pidfd, sig, info, flags);
