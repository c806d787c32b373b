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
import { EINVAL, ESRCH } from './uapi/errno.ts';
import { SI_TKILL, SI_USER, SIGCONT, SIGKILL, SIGRTMIN } from './uapi/signal.ts';

/** Is the signal for one thread or for its process? */
export type pid_type = 'PIDTYPE_PID' | 'PIDTYPE_TGID';

/** Is the signal dropped when it is sent? A blocked one never is. */
function sig_ignored(t: task_struct, sig: number): boolean {
  if (sigismember(t.blocked, sig)) return false;
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

/** Makes a signal pending. Called with siglock held. */
function* __send_signal_locked(info: kernel_siginfo, t: task_struct, type: pid_type): Kernel<void> {
  __fentry__('__send_signal_locked');
  const sig = info.si_signo;
  const pending = type === 'PIDTYPE_PID' ? t.pending : t.signal.shared_pending;
  if (!prepare_signal(sig, t) || legacy_queue(pending, sig)) return;
  if (sig !== SIGKILL) pending.list.push(info);
  yield* signalfd_notify(t);
  pending.signal |= sigmask(sig);
  complete_signal(sig, t, type);
}

/** Is the thread to be told? Else it finds the signal by itself, or never. */
function wants_signal(sig: number, p: task_struct): boolean {
  if (sigismember(p.blocked, sig) || (p.flags & PF_EXITING) !== 0) return false;
  return sig === SIGKILL || p.on_cpu || !signal_pending(p);
}

/** The thread that is to take the signal, null if none has to be told. */
function takerOf(sig: number, p: task_struct, type: pid_type): task_struct | null {
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

function complete_signal(sig: number, p: task_struct, type: pid_type): void {
  const t = takerOf(sig, p, type);
  if (t === null) return;
  const { signal } = p;
  // One that dumps core ends the process only when it is taken.
  if (sig_fatal(p, sig) && !signal.group_exit && !sig_kernel_coredump(sig)) {
    signal.group_exit = true;
    signal.group_exit_code = sig;
    for (const thread of signal.threads) {
      thread.pending.signal |= sigmask(SIGKILL);
      signal_wake_up(thread, true);
    }
    return;
  }
  signal_wake_up(t, sig === SIGKILL);
}

export function* do_send_sig_info(
  info: kernel_siginfo,
  p: task_struct,
  type: pid_type,
): Kernel<number> {
  yield spin_lock_irqsave(p.sighand.siglock);
  yield* __send_signal_locked(info, p, type);
  spin_unlock_irqrestore(p.sighand.siglock);
  return 0;
}

/** Ours: what a signal of the running task says. */
const ownInfo = (si_signo: number, si_code: number, si_value: bigint): kernel_siginfo => ({
  si_signo,
  si_code,
  si_pid: current.tgid,
  si_uid: current.user.uid,
  si_value,
});

const valid_signal = (sig: number): boolean => sig >= 0 && sig <= _NSIG;

/** A signal that the kernel sends on behalf of the running task, as SIGPIPE. */
export const send_sig = (sig: number, p: task_struct): Kernel<number> =>
  do_send_sig_info(ownInfo(sig, SI_USER, 0n), p, 'PIDTYPE_PID');

/** Sends to one thread; 0 or -errno. `sig` 0 only asks whether the thread can be sent to. */
export function* do_send_specific(p: task_struct, sig: number): Kernel<number> {
  if (!valid_signal(sig)) return -EINVAL;
  if (sig === 0) return 0;
  return yield* do_send_sig_info(ownInfo(sig, SI_TKILL, 0n), p, 'PIDTYPE_PID');
}

/** Sends to the process that `p` belongs to; 0 or -errno. */
export function* group_send_sig_info(
  sig: number,
  si_code: number,
  si_value: bigint,
  p: task_struct,
): Kernel<number> {
  if (!valid_signal(sig)) return -EINVAL;
  if (sig === 0) return 0;
  return yield* do_send_sig_info(ownInfo(sig, si_code, si_value), p, 'PIDTYPE_TGID');
}

/** Sends to the process with a thread of number `pid`; 0 or -errno. */
export function* kill_proc_info(
  sig: number,
  si_code: number,
  si_value: bigint,
  pid: number,
): Kernel<number> {
  const p = current.kernel.tasks.get(pid);
  if (p === undefined || p.exit_state !== 0) return -ESRCH;
  return yield* group_send_sig_info(sig, si_code, si_value, p);
}
