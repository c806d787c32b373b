/**
 * Signals: pending sets, masks, and taking a pending one. Linux: kernel/signal.c,
 * include/linux/signal.h.
 *
 * A signal waits in a pending set until its task is about to return to user mode with the signal
 * unblocked. A sleep in TASK_INTERRUPTIBLE ends early for it; the system call then gives up with
 * -EINTR or one of the -ERESTART codes, and the return path (signal_delivery.ts) runs the handler.
 *
 * Differs from Linux: nothing is stopped by a stop signal; no core dumps; RLIMIT_SIGPENDING does not
 * bound the queue.
 */

import { current } from './current.ts';
import { newIdentity, writesTo } from './footprint.ts';
import { lockdep_assert_held } from './lockdep.ts';
import type { Kernel, Named } from './op.ts';
import type { pid } from './pid.ts';
import { refcount_t } from './refcount.ts';
import {
  PF_EXITING,
  signal_pending,
  TASK_INTERRUPTIBLE,
  TASK_WAKEKILL,
  type task_struct,
  try_to_wake_up,
} from './sched.ts';
import { spin_lock_irq, spin_unlock_irq, spinlock_t } from './spinlock.ts';
import type { tty_struct } from './tty/tty.ts';
import { EINVAL } from './uapi/errno.ts';
import {
  SI_USER,
  SIGABRT,
  SIGBUS,
  SIGCHLD,
  SIGCONT,
  SIGFPE,
  SIGILL,
  SIGKILL,
  SIGQUIT,
  SIGSEGV,
  SIGSTOP,
  SIGSYS,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGWINCH,
  SIGXCPU,
  SIGXFSZ,
} from './uapi/signal.ts';
import { wait_queue_head } from './wait.ts';

/** A set of signals, sigsetops(3): one bit a signal, bit 0 is signal 1. */
export type sigset_t = bigint;
export const _NSIG = 64;
export const sigmask = (sig: number): sigset_t => 1n << BigInt(sig - 1);
export const sigismember = (set: sigset_t, sig: number): boolean => (set & sigmask(sig)) !== 0n;

/** sigaction(2): a signal does what it does unless told otherwise, as signal(7) says. */
export const SIG_DFL = 'SIG_DFL';
/** sigaction(2): a signal does nothing. */
export const SIG_IGN = 'SIG_IGN';

/** What a program does with a signal; its own code is made of system calls, as all of it. */
export type SignalHandler = (signo: number, info: kernel_siginfo) => Kernel<void>;

/** What happens with a signal, as sigaction(2) takes it. */
export interface sigaction {
  /** The code that runs in place of the thread, as a generator of calls; or SIG_DFL, SIG_IGN. */
  handler: SignalHandler | typeof SIG_DFL | typeof SIG_IGN;
  /** SA_* bits. */
  flags: number;
  /** Signals that are blocked while the handler runs. */
  mask: sigset_t;
}
const defaultAction: sigaction = { handler: SIG_DFL, flags: 0, mask: 0n };

/** What is known of a signal: who sent it, and how. See siginfo_t in sigaction(2). */
export interface kernel_siginfo {
  /** The signal. */
  readonly si_signo: number;
  /** Where it is from: SI_USER, SI_TKILL, SI_QUEUE, CLD_*. */
  readonly si_code: number;
  /** The process that sent it, or the child that it is about. */
  readonly si_pid: number;
  /** The user id of that process. */
  readonly si_uid: number;
  /** What sigqueue() sends along, 64 bits. */
  readonly si_value: bigint;
  /** Of SIGCHLD: the exit status, or the signal that killed the child. */
  readonly si_status: number;
}

export class sigpending {
  signal: sigset_t = 0n;
  /** In the order of sending: a real-time signal as often as it was sent, any other once. */
  readonly list: kernel_siginfo[] = [];
}

/** Handlers, shared by the threads of a process. */
export class sighand_struct implements Named {
  readonly name = 'sighand';
  readonly identity: number = newIdentity();
  /** Threads that have not been released. */
  readonly count: refcount_t = new refcount_t(1);
  readonly siglock: spinlock_t = new spinlock_t('sighand->siglock', this);
  readonly action: sigaction[] = [];
  readonly signalfd_wqh: wait_queue_head = new wait_queue_head(
    'sighand->signalfd_wqh',
    'sighand->signalfd_wqh',
  );
}

/** What else the threads of a process share. */
export class signal_struct {
  readonly shared_pending: sigpending = new sigpending();
  /** Those that have not been released; the first thread leaves last. */
  readonly threads: task_struct[] = [];
  /** Threads that have not begun to exit. */
  quick_threads = 0;
  /** Threads that have not come as far as to give up what they share. */
  readonly live: refcount_t = new refcount_t(1);
  /** The numbers of the process, its group and its session; see pid.ts. */
  readonly pids: { PIDTYPE_TGID: pid; PIDTYPE_PGID: pid; PIDTYPE_SID: pid };
  /** It has made its session. */
  leader = false;
  /** Who waits for a child. */
  readonly wait_chldexit: wait_queue_head = new wait_queue_head(
    'signal->wait_chldexit',
    'signal->wait_chldexit',
  );
  /** Who was found last to take a signal that any thread may take. */
  curr_target: task_struct | null = null;
  /** The terminal of its session, and, once that was hung up, whom the leader's end is told. */
  tty: tty_struct | null = null;
  tty_old_pgrp: pid | null = null;
  /** SIGNAL_GROUP_EXIT: all threads are to end, with this status. */
  group_exit = false;
  group_exit_code = 0;
  /** SIGNAL_UNKILLABLE: init. */
  unkillable = false;
  /** Forks that are under way, and what has come for many processes meanwhile. */
  readonly multiprocess: { signal: sigset_t }[] = [];
  /** The thread in execve() that waits for the others to end, and how many it waits for. */
  group_exec_task: task_struct | null = null;
  notify_count = 0;

  constructor(pids: { PIDTYPE_TGID: pid; PIDTYPE_PGID: pid; PIDTYPE_SID: pid }) {
    this.pids = pids;
  }
}

export const actionOf = (t: task_struct, sig: number): sigaction =>
  t.sighand.action[sig] ?? defaultAction;

const maskOf = (...signals: number[]): sigset_t =>
  signals.reduce((set, sig) => set | sigmask(sig), 0n);

const SIG_KERNEL_IGNORE_MASK = maskOf(SIGCONT, SIGCHLD, SIGWINCH, SIGURG);
export const SIG_KERNEL_STOP_MASK: sigset_t = maskOf(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU);
const SIG_KERNEL_COREDUMP_MASK = maskOf(
  ...[SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSEGV, SIGBUS, SIGSYS, SIGXCPU, SIGXFSZ],
);
/** What an instruction can bring about; taken before any other signal. */
const SYNCHRONOUS_MASK = maskOf(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS);

/** Does the default action do nothing? */
export const sig_kernel_ignore = (sig: number): boolean => sigismember(SIG_KERNEL_IGNORE_MASK, sig);
export const sig_kernel_stop = (sig: number): boolean => sigismember(SIG_KERNEL_STOP_MASK, sig);
export const sig_kernel_coredump = (sig: number): boolean =>
  sigismember(SIG_KERNEL_COREDUMP_MASK, sig);

export const sig_handler_ignored = (handler: sigaction['handler'], sig: number): boolean =>
  handler === SIG_IGN || (handler === SIG_DFL && sig_kernel_ignore(sig));

/** Makes the task look at its signals: at once if it sleeps interruptibly. */
export function signal_wake_up(t: task_struct, fatal: boolean): void {
  writesTo(t.signalsIdentity);
  t.sigpending = true;
  try_to_wake_up(t, fatal ? TASK_WAKEKILL | TASK_INTERRUPTIBLE : TASK_INTERRUPTIBLE);
}

/** Takes signals out of a pending set, however often they are queued. */
function flush_sigqueue_mask(mask: sigset_t, pending: sigpending): void {
  if ((pending.signal & mask) === 0n) return;
  pending.signal &= ~mask;
  const kept = pending.list.filter(({ si_signo }) => !sigismember(mask, si_signo));
  pending.list.splice(0, pending.list.length, ...kept);
}

/** Ours: takes signals out of all pending sets of a process. */
export function flushAll({ signal }: task_struct, mask: sigset_t): void {
  flush_sigqueue_mask(mask, signal.shared_pending);
  for (const thread of signal.threads) flush_sigqueue_mask(mask, thread.pending);
}

export function recalc_sigpending(t: task_struct): void {
  writesTo(t.signalsIdentity);
  t.sigpending = ((t.pending.signal | t.signal.shared_pending.signal) & ~t.blocked) !== 0n;
}

/**
 * The running task no longer takes the signals of `which`: another thread is told of those that are
 * pending for the whole process.
 */
export function retarget_shared_pending(tsk: task_struct, which: sigset_t): void {
  let retarget = tsk.signal.shared_pending.signal & which;
  if (retarget === 0n) return;
  for (const t of tsk.signal.threads) {
    if (t === tsk || (t.flags & PF_EXITING) !== 0 || (retarget & ~t.blocked) === 0n) continue;
    retarget &= t.blocked;
    if (!signal_pending(t)) signal_wake_up(t, false);
    if (retarget === 0n) break;
  }
}

/** Replaces the running task's mask; SIGKILL and SIGSTOP cannot be blocked. */
export function* set_current_blocked(newset: sigset_t): Kernel<void> {
  const task = current;
  const blocked = newset & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
  if (task.blocked === blocked) return; // Nobody else changes it.
  yield spin_lock_irq(task.sighand.siglock);
  if (signal_pending(task)) retarget_shared_pending(task, blocked & ~task.blocked);
  task.blocked = blocked;
  recalc_sigpending(task);
  spin_unlock_irq(task.sighand.siglock);
}

/** The mask of epoll_pwait, ppoll and pselect6: in force until the call is over. */
export function* set_user_sigmask(umask: sigset_t | null): Kernel<number> {
  if (umask === null) return 0;
  const task = current;
  task.restore_sigmask = true;
  task.saved_sigmask = task.blocked;
  yield* set_current_blocked(umask);
  return 0;
}

/** Takes the mask back, unless a handler is to run under it first. */
export function* restore_saved_sigmask_unless(interrupted: boolean): Kernel<void> {
  const task = current;
  if (interrupted || !task.restore_sigmask) return;
  task.restore_sigmask = false;
  yield* set_current_blocked(task.saved_sigmask);
}

/** sigprocmask(2): the signals of the set are blocked besides. */
export const SIG_BLOCK = 0;
/** sigprocmask(2): the signals of the set are no longer blocked. */
export const SIG_UNBLOCK = 1;
/** sigprocmask(2): the signals of the set are blocked, and no others. */
export const SIG_SETMASK = 2;

/** Changes the mask as `how` says; 0 or -EINVAL. */
export function* sigprocmask(how: number, set: sigset_t): Kernel<number> {
  const { blocked } = current;
  if (how === SIG_BLOCK) yield* set_current_blocked(blocked | set);
  else if (how === SIG_UNBLOCK) yield* set_current_blocked(blocked & ~set);
  else if (how === SIG_SETMASK) yield* set_current_blocked(set);
  else return -EINVAL;
  return 0;
}

/** Sets what happens with a signal; 0 or -EINVAL. */
export function* do_sigaction(sig: number, act: sigaction): Kernel<number> {
  if (sig < 1 || sig > _NSIG || sig === SIGKILL || sig === SIGSTOP) return -EINVAL;
  const { sighand } = current;
  yield spin_lock_irq(sighand.siglock);
  sighand.action[sig] = { ...act, mask: act.mask & ~maskOf(SIGKILL, SIGSTOP) };
  // What is ignored from now on is not delivered either, however long it has been pending.
  if (sig_handler_ignored(act.handler, sig)) flushAll(current, sigmask(sig));
  spin_unlock_irq(sighand.siglock);
  return 0;
}

/** The signal to take next of those that are not in `mask`; 0 if there is none. */
export function next_signal(pending: sigpending, mask: sigset_t): number {
  let x = pending.signal & ~mask;
  if (x === 0n) return 0;
  if ((x & SYNCHRONOUS_MASK) !== 0n) x &= SYNCHRONOUS_MASK;
  let sig = 1;
  while (!sigismember(x, sig)) sig++;
  return sig;
}

/** Takes one signal out; it stays pending while it is queued again. */
function collect_signal(sig: number, pending: sigpending): kernel_siginfo {
  const { list } = pending;
  const first = list.findIndex(({ si_signo }) => si_signo === sig);
  const info = first < 0 ? withoutInfo(sig) : (list.splice(first, 1)[0] as kernel_siginfo);
  if (!list.some(({ si_signo }) => si_signo === sig)) pending.signal &= ~sigmask(sig);
  return info;
}

/** Ours: what is known of a signal that has nothing queued, as SIGKILL. */
export const withoutInfo = (sig: number): kernel_siginfo => ({
  si_signo: sig,
  si_code: SI_USER,
  si_pid: 0,
  si_uid: 0,
  si_value: 0n,
  si_status: 0,
});

/**
 * The next pending signal that is not in `mask`, taken out of its set; null if there is none. Those
 * of the thread come before those of the process.
 */
export function dequeue_signal(mask: sigset_t): kernel_siginfo | null {
  const task = current;
  lockdep_assert_held(task.sighand.siglock);
  let { pending } = task;
  let sig = next_signal(pending, mask);
  if (sig === 0) {
    pending = task.signal.shared_pending;
    sig = next_signal(pending, mask);
  }
  const info = sig === 0 ? null : collect_signal(sig, pending);
  recalc_sigpending(task);
  return info;
}
