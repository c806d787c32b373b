/**
 * Signals: sending, masks, and what happens on the way back to user mode.
 * Linux: kernel/signal.c, include/linux/signal.h.
 *
 * A signal waits in a pending set until its task is about to return to user mode with the signal
 * unblocked. A sleep in TASK_INTERRUPTIBLE ends early for it; the system call then gives up with
 * -EINTR or one of the -ERESTART codes, and the return path runs the handler.
 *
 * Differs from Linux: no stop signals, no core dumps, no queue of siginfo; a handler is a function
 * of the program, called with the signal's number.
 */
import { current } from './current.ts';
import { ERESTARTNOHAND, ERESTARTSYS } from './errno.ts';
import type { Kernel } from './op.ts';
import {
  signal_pending,
  TASK_INTERRUPTIBLE,
  TASK_WAKEKILL,
  type task_struct,
  try_to_wake_up,
} from './sched.ts';
import {
  spin_lock_irq,
  spin_lock_irqsave,
  spin_unlock_irq,
  spin_unlock_irqrestore,
  spinlock_t,
} from './spinlock.ts';
import { __fentry__ } from './trace.ts';
import { EINVAL } from './uapi/errno.ts';
import {
  SA_NODEFER,
  SA_RESETHAND,
  SA_RESTART,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGWINCH,
} from './uapi/signal.ts';
import { wait_queue_head } from './wait.ts';

/** One bit a signal; bit 0 is signal 1. */
export type sigset_t = bigint;
export const _NSIG = 64;
export const sigmask = (sig: number): sigset_t => 1n << BigInt(sig - 1);
const sigismember = (set: sigset_t, sig: number): boolean => (set & sigmask(sig)) !== 0n;

export const SIG_DFL = 'SIG_DFL';
export const SIG_IGN = 'SIG_IGN';

/** What a program does with a signal; its own code is made of system calls, as all of it. */
export type SignalHandler = (signo: number) => Kernel<void>;

export interface sigaction {
  handler: SignalHandler | typeof SIG_DFL | typeof SIG_IGN;
  flags: number;
  mask: sigset_t;
}
const defaultAction: sigaction = { handler: SIG_DFL, flags: 0, mask: 0n };

export class sigpending {
  signal: sigset_t = 0n;
}

/** Handlers, shared by the threads of a process. */
export class sighand_struct {
  readonly siglock: spinlock_t = new spinlock_t('sighand->siglock');
  readonly action: sigaction[] = [];
  readonly signalfd_wqh: wait_queue_head = new wait_queue_head('sighand->signalfd_wqh');
}

/** What else the threads of a process share. */
export class signal_struct {
  readonly shared_pending: sigpending = new sigpending();
  readonly threads: task_struct[] = [];
  /** SIGNAL_GROUP_EXIT: all threads are to end, with this status. */
  group_exit = false;
  group_exit_code = 0;
}

const actionOf = (t: task_struct, sig: number): sigaction => t.sighand.action[sig] ?? defaultAction;

const ignoredByDefault = (sig: number): boolean =>
  sig === SIGCHLD || sig === SIGCONT || sig === SIGURG || sig === SIGWINCH;

const stopsByDefault = (sig: number): boolean =>
  sig === SIGSTOP || sig === SIGTSTP || sig === SIGTTIN || sig === SIGTTOU;

/** Is the signal dropped when it is sent? A blocked one never is. */
function sig_ignored(t: task_struct, sig: number): boolean {
  if (sigismember(t.blocked, sig)) return false;
  const { handler } = actionOf(t, sig);
  return handler === SIG_IGN || (handler === SIG_DFL && ignoredByDefault(sig));
}

const sig_fatal = (t: task_struct, sig: number): boolean =>
  actionOf(t, sig).handler === SIG_DFL && !ignoredByDefault(sig) && !stopsByDefault(sig);

/** Makes the task look at its signals: at once if it sleeps interruptibly. */
export function signal_wake_up(t: task_struct, fatal: boolean): void {
  t.sigpending = true;
  try_to_wake_up(t, fatal ? TASK_WAKEKILL | TASK_INTERRUPTIBLE : TASK_INTERRUPTIBLE);
}

/** Sends to one thread; 0 or -errno. `sig` 0 only asks whether the thread can be sent to. */
export function* do_send_specific(t: task_struct, sig: number): Kernel<number> {
  if (sig < 0 || sig > _NSIG) return -EINVAL;
  if (sig === 0) return 0;
  __fentry__('send_signal_locked');
  yield spin_lock_irqsave(t.sighand.siglock);
  if (!sig_ignored(t, sig) && !sigismember(t.pending.signal, sig)) {
    t.pending.signal |= sigmask(sig);
    complete_signal(sig, t);
  }
  spin_unlock_irqrestore(t.sighand.siglock);
  return 0;
}

function complete_signal(sig: number, t: task_struct): void {
  if (sigismember(t.blocked, sig)) return;
  if (sig !== SIGKILL && !t.on_cpu && signal_pending(t)) return;
  if (sig_fatal(t, sig)) {
    if (!t.signal.group_exit) t.signal.group_exit_code = sig;
    t.signal.group_exit = true;
    for (const thread of t.signal.threads) {
      thread.pending.signal |= sigmask(SIGKILL);
      signal_wake_up(thread, true);
    }
    return;
  }
  signal_wake_up(t, sig === SIGKILL);
}

function recalc_sigpending(t: task_struct): void {
  t.sigpending = ((t.pending.signal | t.signal.shared_pending.signal) & ~t.blocked) !== 0n;
}

/** Replaces the running task's mask; SIGKILL and SIGSTOP cannot be blocked. */
export function* set_current_blocked(newset: sigset_t): Kernel<void> {
  const task = current;
  const blocked = newset & ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
  if (task.blocked === blocked) return; // Nobody else changes it.
  yield spin_lock_irq(task.sighand.siglock);
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

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
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
  const { sighand, signal } = current;
  yield spin_lock_irq(sighand.siglock);
  sighand.action[sig] = act;
  if (act.handler === SIG_IGN || (act.handler === SIG_DFL && ignoredByDefault(sig))) {
    // What is ignored from now on is not delivered either, however long it has been pending.
    signal.shared_pending.signal &= ~sigmask(sig);
    for (const thread of signal.threads) thread.pending.signal &= ~sigmask(sig);
  }
  spin_unlock_irq(sighand.siglock);
  return 0;
}

/** The lowest pending signal that is not blocked, taken out of its set; 0 if there is none. */
export function* dequeue_signal(task: task_struct): Kernel<number> {
  yield spin_lock_irq(task.sighand.siglock);
  let sig = 0;
  for (const pending of [task.pending, task.signal.shared_pending]) {
    const deliverable = pending.signal & ~task.blocked;
    if (sig !== 0 || deliverable === 0n) continue;
    sig = 1;
    while (!sigismember(deliverable, sig)) sig++;
    pending.signal &= ~sigmask(sig);
  }
  recalc_sigpending(task);
  spin_unlock_irq(task.sighand.siglock);
  return sig;
}

/** What the return to user mode makes of a call's result. */
export const SIGNAL_NONE = 0;
export const SIGNAL_HANDLED = 1;
export const SIGNAL_RESTART = 2;
export const SIGNAL_KILLED = 3;

/** A handler that is about to run, and the mask that comes back after it. */
interface rt_sigframe {
  readonly sig: number;
  readonly handler: SignalHandler;
  readonly oldset: sigset_t;
}

/**
 * Runs the handlers of pending signals, with `ret` the result of the interrupted call:
 * whether nothing ran, handlers ran, the call is to be restarted, or the task is to die.
 */
export function* arch_do_signal_or_restart(ret: number): Kernel<number> {
  const task = current;
  const stack: rt_sigframe[] = [];
  let outcome = SIGNAL_NONE;
  do {
    while (task.sigpending) {
      const sig = yield* dequeue_signal(task);
      if (sig === 0) break;
      const action = actionOf(task, sig);
      if (action.handler === SIG_DFL) {
        if (sig === SIGKILL || sig_fatal(task, sig)) {
          if (!task.signal.group_exit) task.signal.group_exit_code = sig;
          task.signal.group_exit = true;
          return SIGNAL_KILLED;
        }
      } else if (action.handler !== SIG_IGN) {
        if (outcome === SIGNAL_NONE) {
          const again = ret === -ERESTARTSYS && (action.flags & SA_RESTART) !== 0;
          outcome = again ? SIGNAL_RESTART : SIGNAL_HANDLED;
        }
        stack.push(yield* handle_signal(task, sig, action, action.handler));
      }
    }
    // All frames are built before the first handler runs, so the one of the last signal is on top.
    const frame = stack.pop();
    if (frame !== undefined) yield* runHandler(task, frame);
    if (task.restore_sigmask) {
      task.restore_sigmask = false;
      yield* set_current_blocked(task.saved_sigmask);
    }
  } while (stack.length > 0 || task.sigpending);
  if (outcome === SIGNAL_NONE && (ret === -ERESTARTSYS || ret === -ERESTARTNOHAND)) {
    return SIGNAL_RESTART;
  }
  return outcome;
}

/** Blocks a signal and the mask of its handler; what its handler needs to run and to come back. */
function* handle_signal(
  task: task_struct,
  sig: number,
  action: sigaction,
  handler: SignalHandler,
): Kernel<rt_sigframe> {
  const oldset = task.restore_sigmask ? task.saved_sigmask : task.blocked;
  task.restore_sigmask = false;
  if ((action.flags & SA_RESETHAND) !== 0) {
    task.sighand.action[sig] = { ...action, handler: SIG_DFL };
  }
  const own = (action.flags & SA_NODEFER) !== 0 ? 0n : sigmask(sig);
  yield* set_current_blocked(task.blocked | action.mask | own);
  return { sig, handler, oldset };
}

/** User mode up to rt_sigreturn(). */
function* runHandler(task: task_struct, frame: rt_sigframe): Kernel<void> {
  const { tracer } = task.kernel;
  if (tracer !== null) tracer.signal(task, frame.sig);
  yield* frame.handler(frame.sig);
  if (tracer !== null) tracer.sigreturn?.(task, frame.oldset);
  yield* set_current_blocked(frame.oldset);
}
