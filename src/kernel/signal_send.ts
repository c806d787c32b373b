/**
 * Sending signals: to a thread, to a process. Linux: kernel/signal.c.
 *
 * A signal to a thread waits in that thread's pending set; one to a process in the set that its
 * threads share, where whoever does not block it may take it.
 */
import { current } from './current.ts';
import type { Kernel } from './op.ts';
import { PF_EXITING, signal_pending, type task_struct } from './sched.ts';
import {
  _NSIG,
  actionOf,
  flushAll,
  type kernel_siginfo,
  SIG_DFL,
  SIG_KERNEL_STOP_MASK,
  sig_handler_ignored,
  sig_kernel_coredump,
  sig_kernel_ignore,
  sig_kernel_stop,
  sigismember,
  sigmask,
  signal_wake_up,
  type sigpending,
} from './signal.ts';
import { signalfd_notify } from './signalfd.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore } from './spinlock.ts';
import { __fentry__ } from './trace.ts';
import { ESRCH } from './uapi/errno.ts';
import { SI_KERNEL, SI_USER, SIGCONT, SIGKILL, SIGRTMIN } from './uapi/signal.ts';

/** Is the signal dropped when it is sent? A blocked one never is. */
function sig_ignored(t: task_struct, sig: number): boolean {
  if (sigismember(t.blocked, sig)) return false;
  if (t.signal.unkillable) return true;
  return sig_handler_ignored(actionOf(t, sig).handler, sig);
}

const sig_fatal = (t: task_struct, sig: number): boolean =>
  actionOf(t, sig).handler === SIG_DFL && !sig_kernel_ignore(sig) && !sig_kernel_stop(sig);

/** What sending does whether or not the signal is to be seen; may it be delivered? */
function prepare_signal(sig: number, p: task_struct): boolean {
  if (p.signal.group_exit) return false; // It is dying already.
  if (sig_kernel_stop(sig)) flushAll(p, sigmask(SIGCONT));
  else if (sig === SIGCONT) flushAll(p, SIG_KERNEL_STOP_MASK);
  return !sig_ignored(p, sig);
}

/** Standard signals do not queue: a second one is lost. */
const legacy_queue = (signals: sigpending, sig: number): boolean =>
  sig < SIGRTMIN && sigismember(signals.signal, sig);

/** Whom a signal is for: a thread, a process, the processes of a group, all processes. */
export type SignalScope = 'PIDTYPE_PID' | 'PIDTYPE_TGID' | 'PIDTYPE_PGID' | 'PIDTYPE_MAX';

/** Makes a signal pending. Called with siglock held. */
export function* __send_signal_locked(
  info: kernel_siginfo,
  t: task_struct,
  type: SignalScope,
): Kernel<void> {
  __fentry__('__send_signal_locked');
  const sig = info.si_signo;
  const pending = type === 'PIDTYPE_PID' ? t.pending : t.signal.shared_pending;
  const { tracer } = t.kernel;
  if (!prepare_signal(sig, t)) {
    if (!t.signal.group_exit) tracer?.sent?.(t, info, 'ignored');
    return;
  }
  if (legacy_queue(pending, sig)) {
    tracer?.sent?.(t, info, 'merged');
    return;
  }
  if (sig !== SIGKILL) pending.list.push(info);
  yield* signalfd_notify(t);
  pending.signal |= sigmask(sig);
  if (type === 'PIDTYPE_PGID' || type === 'PIDTYPE_MAX') addDelayed(t, sig);
  complete_signal(info, t, type);
}

/** A signal for many processes is also for a child that the process is just making. */
function addDelayed({ signal }: task_struct, sig: number): void {
  for (const delayed of signal.multiprocess) {
    if (sig === SIGCONT) delayed.signal &= ~SIG_KERNEL_STOP_MASK;
    else if (sig_kernel_stop(sig)) delayed.signal &= ~sigmask(SIGCONT);
    delayed.signal |= sigmask(sig);
  }
}

/** Is the thread to be told? Else it finds the signal by itself, or never. */
function wants_signal(sig: number, p: task_struct): boolean {
  if (sigismember(p.blocked, sig) || (p.flags & PF_EXITING) !== 0) return false;
  return sig === SIGKILL || p.on_cpu || !signal_pending(p);
}

/** The thread that is to take the signal, null if none has to be told. */
function takerOf(sig: number, p: task_struct, type: SignalScope): task_struct | null {
  if (wants_signal(sig, p)) return p;
  const { signal } = p;
  if (type === 'PIDTYPE_PID' || signal.threads.length <= 1) return null;
  const first = Math.max(signal.threads.indexOf(signal.curr_target as task_struct), 0);
  for (let i = 0; i < signal.threads.length; i++) {
    const t = signal.threads[(first + i) % signal.threads.length] as task_struct;
    if (!wants_signal(sig, t)) continue;
    signal.curr_target = t;
    return t;
  }
  return null;
}

function complete_signal(info: kernel_siginfo, p: task_struct, type: SignalScope): void {
  const sig = info.si_signo;
  const t = takerOf(sig, p, type);
  const { tracer } = p.kernel;
  if (t === null) {
    tracer?.sent?.(p, info, 'pending');
    return;
  }
  const { signal } = p;
  // One that dumps core ends the process only when it is taken.
  if (sig_fatal(p, sig) && !signal.group_exit && !sig_kernel_coredump(sig)) {
    signal.group_exit = true;
    signal.group_exit_code = sig;
    tracer?.sent?.(t, info, 'fatal');
    for (const thread of signal.threads) {
      thread.pending.signal |= sigmask(SIGKILL);
      signal_wake_up(thread, true);
    }
    return;
  }
  tracer?.sent?.(t, info, 'taken');
  signal_wake_up(t, sig === SIGKILL);
}

/** Makes a signal pending; -ESRCH if the task has been released meanwhile. */
export function* do_send_sig_info(
  info: kernel_siginfo,
  p: task_struct,
  type: SignalScope,
): Kernel<number> {
  yield spin_lock_irqsave(p.sighand.siglock);
  if (p.released) {
    spin_unlock_irqrestore(p.sighand.siglock);
    return -ESRCH;
  }
  yield* __send_signal_locked(info, p, type);
  spin_unlock_irqrestore(p.sighand.siglock);
  return 0;
}

/** Ours: a signal that the kernel sends by itself. */
export const kernelInfo = (si_signo: number): kernel_siginfo => ({
  si_signo,
  si_code: SI_KERNEL,
  si_pid: 0,
  si_uid: 0,
  si_value: 0n,
  si_status: 0,
});

/** Ours: what a signal of the running task says. */
export const ownInfo = (si_signo: number, si_code: number, si_value = 0n): kernel_siginfo => ({
  si_signo,
  si_code,
  si_pid: current.tgid,
  si_uid: current.user.uid,
  si_value,
  si_status: 0,
});

export const valid_signal = (sig: number): boolean => sig >= 0 && sig <= _NSIG;

/** A signal that the kernel sends on behalf of the running task, as SIGPIPE. */
export const send_sig = (sig: number, p: task_struct): Kernel<number> =>
  do_send_sig_info(ownInfo(sig, SI_USER), p, 'PIDTYPE_PID');
