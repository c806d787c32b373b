/**
 * Waiting for children. Linux: kernel/exit.c.
 *
 * Whoever waits looks through the children, and sleeps as long as one fits that has not ended. The
 * end of a child wakes only those that it fits.
 *
 * Differs from Linux: nobody is stopped, so there is nothing but ends to wait for; no rusage.
 */
import { current } from './current.ts';
import { ERESTARTSYS } from './errno.ts';
import { delay_group_leader, release_task, statusOf } from './exit.ts';
import { fdget, fput } from './file.ts';
import { causeOf } from './notify_parent.ts';
import type { Kernel } from './op.ts';
import { find_vpid, type pid, pid_has_task, pid_task, pidOf, task_pgrp } from './pid.ts';
import { pidfd_pid } from './pidfs.ts';
import { read_lock, read_unlock } from './rwlock.ts';
import {
  EXIT_DEAD,
  EXIT_ZOMBIE,
  schedule,
  set_current_state,
  signal_pending,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  type task_struct,
} from './sched.ts';
import { __fentry__ } from './trace.ts';
import { EAGAIN, EBADF, ECHILD, EINVAL, ESRCH } from './uapi/errno.ts';
import { O_NONBLOCK } from './uapi/fcntl.ts';
import { SIGCHLD } from './uapi/signal.ts';
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  P_ALL,
  P_PGID,
  P_PID,
  P_PIDFD,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
  WUNTRACED,
} from './uapi/wait.ts';
import {
  add_wait_queue,
  default_wake_function,
  remove_wait_queue,
  wait_queue_entry,
} from './wait.ts';

/** What waitid(2) tells of a child. */
export interface waitid_info {
  /** SIGCHLD; 0 where nobody has ended. */
  si_signo: number;
  /** How it has ended: CLD_EXITED, CLD_KILLED or CLD_DUMPED. */
  si_code: number;
  /** The child's number; 0 where nobody has ended. */
  si_pid: number;
  /** The user id of the child. */
  si_uid: number;
  /** The exit status, or the signal that killed it. */
  si_status: number;
}

interface wait_opts {
  /** Which children: one, those of a group, or all. */
  readonly wo_type: 'PIDTYPE_PID' | 'PIDTYPE_PGID' | 'PIDTYPE_MAX';
  readonly wo_pid: pid | null;
  readonly wo_flags: number;
  wo_info: waitid_info | null;
  wo_stat: number;
  /** -ECHILD until a child has been seen that may fit one day. */
  notask_error: number;
}

const eligible_pid = ({ wo_type, wo_pid }: wait_opts, p: task_struct): boolean =>
  wo_type === 'PIDTYPE_MAX' || pidOf(p, wo_type) === wo_pid;

function eligible_child(wo: wait_opts, p: task_struct): boolean {
  if (!eligible_pid(wo, p)) return false;
  if ((wo.wo_flags & __WALL) !== 0) return true;
  return (p.exit_signal !== SIGCHLD) === ((wo.wo_flags & __WCLONE) !== 0);
}

/** Takes note of a child's end, which nobody else can from here on; its number. 0 if it is too late. */
function* wait_task_zombie(wo: wait_opts, p: task_struct): Kernel<number> {
  if ((wo.wo_flags & WEXITED) === 0) return 0;
  const { tasklist_lock } = p.kernel;
  const { pid, user } = p;
  const stays = (wo.wo_flags & WNOWAIT) !== 0;
  if (!stays) p.exit_state = EXIT_DEAD;
  read_unlock(tasklist_lock);
  wo.wo_stat = statusOf(p);
  if (!stays) yield* release_task(p);
  const { si_code, si_status } = causeOf(wo.wo_stat);
  wo.wo_info = { si_signo: SIGCHLD, si_code, si_pid: pid, si_uid: user.uid, si_status };
  return pid;
}

/** Its number if the child has ended, with tasklist_lock given back; else 0. */
function* wait_consider_task(wo: wait_opts, p: task_struct): Kernel<number> {
  if (p.exit_state === EXIT_DEAD || !eligible_child(wo, p)) return 0;
  if (p.exit_state === EXIT_ZOMBIE && !delay_group_leader(p)) return yield* wait_task_zombie(wo, p);
  wo.notask_error = 0;
  return 0;
}

function* do_wait_pid(wo: wait_opts): Kernel<number> {
  const target = pid_task(wo.wo_pid, 'PIDTYPE_TGID');
  if (target === null) return 0;
  const { real_parent } = target;
  const sameThread = (wo.wo_flags & __WNOTHREAD) !== 0;
  const ours = sameThread ? real_parent === current : real_parent.signal === current.signal;
  return ours ? yield* wait_consider_task(wo, target) : 0;
}

/** The children of each thread of the process, of the running one first. */
function* do_wait_threads(wo: wait_opts): Kernel<number> {
  const { threads } = current.signal;
  const first = threads.indexOf(current);
  for (let i = 0; i < threads.length; i++) {
    const parent = threads[(first + i) % threads.length] as task_struct;
    for (const p of parent.children) {
      const found = yield* wait_consider_task(wo, p);
      if (found !== 0) return found;
    }
    if ((wo.wo_flags & __WNOTHREAD) !== 0) break;
  }
  return 0;
}

/** The number of a child that has ended; 0 or -errno where there is none, -ERESTARTSYS to wait. */
function* __do_wait(wo: wait_opts): Kernel<number> {
  const { wo_type, wo_pid, wo_flags } = wo;
  wo.notask_error = -ECHILD;
  const nobody = wo_type !== 'PIDTYPE_MAX' && (wo_pid === null || !pid_has_task(wo_pid, wo_type));
  if (!nobody) {
    const { tasklist_lock } = current.kernel;
    yield read_lock(tasklist_lock);
    const found = yield* wo_type === 'PIDTYPE_PID' ? do_wait_pid(wo) : do_wait_threads(wo);
    if (found !== 0) return found;
    read_unlock(tasklist_lock);
  }
  return wo.notask_error === 0 && (wo_flags & WNOHANG) === 0 ? -ERESTARTSYS : wo.notask_error;
}

/** An entry on the parent's queue; the key of a wakeup is the child's number. */
const waiter = (wo: wait_opts, task: task_struct): wait_queue_entry =>
  new wait_queue_entry(function* child_wait_callback(wait, mode, wake_flags, key) {
    const p = task.kernel.tasks.get(key) as task_struct;
    const otherThreads = (wo.wo_flags & __WNOTHREAD) !== 0 && p.real_parent !== task;
    if (otherThreads || !eligible_pid(wo, p)) return 0;
    return default_wake_function(wait, mode, wake_flags, key);
  }, task);

function* do_wait(wo: wait_opts): Kernel<number> {
  __fentry__('do_wait');
  const { signal } = current;
  const child_wait = waiter(wo, current);
  yield* add_wait_queue(signal.wait_chldexit, child_wait);
  let retval: number;
  for (;;) {
    set_current_state(TASK_INTERRUPTIBLE);
    retval = yield* __do_wait(wo);
    if (retval !== -ERESTARTSYS || signal_pending(current)) break;
    yield schedule(current);
  }
  set_current_state(TASK_RUNNING);
  yield* remove_wait_queue(signal.wait_chldexit, child_wait);
  return retval;
}

const waitFor = (
  wo_type: wait_opts['wo_type'],
  wo_pid: pid | null,
  wo_flags: number,
): wait_opts => ({ wo_type, wo_pid, wo_flags, wo_info: null, wo_stat: 0, notask_error: 0 });

const moreFlags = __WNOTHREAD | __WCLONE | __WALL;
const INT_MIN = -0x8000_0000;

/** Which children wait4() means. */
function childrenOf(upid: number, flags: number): wait_opts {
  if (upid === -1) return waitFor('PIDTYPE_MAX', null, flags);
  if (upid > 0) return waitFor('PIDTYPE_PID', find_vpid(upid), flags);
  return waitFor('PIDTYPE_PGID', upid === 0 ? task_pgrp(current) : find_vpid(-upid), flags);
}

/** Waits for a child; its number, 0 for none with WNOHANG, or -errno. Fills `stat` in. */
export function* kernel_wait4(
  upid: number,
  stat: { status: number },
  options: number,
): Kernel<number> {
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | moreFlags)) !== 0) return -EINVAL;
  if (upid === INT_MIN) return -ESRCH;
  const wo = childrenOf(upid, options | WEXITED);
  const ret = yield* do_wait(wo);
  if (ret > 0) stat.status = wo.wo_stat;
  return ret;
}

/** Which children waitid() means, or -errno. */
function kernel_waitid_prepare(which: number, upid: number, options: number): wait_opts | number {
  const events = WEXITED | WSTOPPED | WCONTINUED;
  if ((options & ~(WNOHANG | WNOWAIT | events | moreFlags)) !== 0) return -EINVAL;
  if ((options & events) === 0) return -EINVAL;
  switch (which) {
    case P_ALL:
      return waitFor('PIDTYPE_MAX', null, options);
    case P_PID:
      return upid <= 0 ? -EINVAL : waitFor('PIDTYPE_PID', find_vpid(upid), options);
    case P_PGID: {
      if (upid < 0) return -EINVAL;
      const pgrp = upid === 0 ? task_pgrp(current) : find_vpid(upid);
      return waitFor('PIDTYPE_PGID', pgrp, options);
    }
    case P_PIDFD:
      return upid < 0 ? -EINVAL : ofPidfd(upid, options);
    default:
      return -EINVAL;
  }
}

/** A pidfd that does not block does not wait. */
function ofPidfd(fd: number, options: number): wait_opts | number {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  const pid = pidfd_pid(f);
  const hang = (f.f_flags & O_NONBLOCK) === 0;
  fput(f);
  if (pid === null) return -EBADF;
  return waitFor('PIDTYPE_PID', pid, hang ? options : options | WNOHANG);
}

/** Waits for a child; its number, 0 for none with WNOHANG, or -errno. Fills `info` in. */
export function* kernel_waitid(
  which: number,
  upid: number,
  info: waitid_info,
  options: number,
): Kernel<number> {
  const wo = kernel_waitid_prepare(which, upid, options);
  if (typeof wo === 'number') return wo;
  const ret = yield* do_wait(wo);
  if (ret === 0 && (options & WNOHANG) === 0 && (wo.wo_flags & WNOHANG) !== 0) return -EAGAIN;
  if (wo.wo_info !== null) Object.assign(info, wo.wo_info);
  return ret;
}
