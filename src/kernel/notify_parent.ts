/**
 * Who hears that a task has ended: whoever polls its pidfd, and its parent. Linux: kernel/signal.c,
 * kernel/exit.c.
 */
import { current } from './current.ts';
import type { Kernel } from './op.ts';
import { TASK_INTERRUPTIBLE, TASK_NORMAL, type task_struct } from './sched.ts';
import { actionOf, type kernel_siginfo, SIG_IGN } from './signal.ts';
import { __send_signal_locked, valid_signal } from './signal_send.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore } from './spinlock.ts';
import { __fentry__ } from './trace.ts';
import { EPOLLIN, EPOLLRDNORM } from './uapi/eventpoll.ts';
import { CLD_EXITED, CLD_KILLED, SA_NOCLDWAIT, SIGCHLD } from './uapi/signal.ts';
import { __wake_up, __wake_up_sync_key } from './wait.ts';

export const do_notify_pidfd = (task: task_struct): Kernel<number> =>
  __wake_up(task.thread_pid.wait_pidfd, TASK_NORMAL, 0, EPOLLIN | EPOLLRDNORM);

/** Wakes who waits for a child; the key is the child's number. */
const __wake_up_parent = (p: task_struct, parent: task_struct): Kernel<number> =>
  __wake_up_sync_key(parent.signal.wait_chldexit, TASK_INTERRUPTIBLE, p.pid);

/** Ours: how a process has ended, in the words of SIGCHLD and waitid(). */
export const causeOf = (status: number): { si_code: number; si_status: number } =>
  (status & 0x7f) === 0
    ? { si_code: CLD_EXITED, si_status: status >> 8 }
    : { si_code: CLD_KILLED, si_status: status & 0x7f };

/**
 * Tells the parent that a process has ended; true if that does not want to know, so that nobody will
 * wait for it. Called with tasklist_lock held.
 */
export function* do_notify_parent(tsk: task_struct, sig: number): Kernel<boolean> {
  __fentry__('do_notify_parent');
  yield* do_notify_pidfd(tsk);
  const parent = tsk.real_parent;
  const info: kernel_siginfo = {
    si_signo: sig,
    si_pid: tsk.pid,
    si_uid: current.user.uid,
    si_value: 0n,
    ...causeOf(tsk.exit_code),
  };
  const { siglock } = parent.sighand;
  yield spin_lock_irqsave(siglock);
  const { handler, flags } = actionOf(parent, SIGCHLD);
  const ignored = sig === SIGCHLD && handler === SIG_IGN;
  const autoreap = ignored || (sig === SIGCHLD && (flags & SA_NOCLDWAIT) !== 0);
  if (!ignored && valid_signal(sig) && sig !== 0) {
    yield* __send_signal_locked(info, parent, 'PIDTYPE_TGID');
  }
  yield* __wake_up_parent(tsk, parent); // Also then: there may be nothing left to wait for.
  spin_unlock_irqrestore(siglock);
  return autoreap;
}
