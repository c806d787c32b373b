/**
 * What becomes of pending signals on the way back to user mode: handlers run, the interrupted call
 * is made anew or fails, or the task dies. Linux: kernel/signal.c, arch/x86/kernel/signal.c.
 *
 * Differs from Linux: a handler is a function of the program, called with the signal's number and
 * what is known of it; a stop signal does nothing, as in a process group without a parent (SIGSTOP stops there too).
 */
import { current } from './current.ts';
import { ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS } from './errno.ts';
import type { Kernel } from './op.ts';
import type { task_struct } from './sched.ts';
import {
  actionOf,
  dequeue_signal,
  type kernel_siginfo,
  recalc_sigpending,
  SIG_DFL,
  SIG_IGN,
  type SignalHandler,
  set_current_blocked,
  sig_kernel_ignore,
  sig_kernel_stop,
  type sigaction,
  sigmask,
  type sigset_t,
  withoutInfo,
} from './signal.ts';
import { spin_lock_irq, spin_unlock_irq } from './spinlock.ts';
import { EINTR } from './uapi/errno.ts';
import { SA_NODEFER, SA_RESETHAND, SA_RESTART, SIGKILL } from './uapi/signal.ts';
import { returnsByStep, toUserMode } from './user_mode.ts';

/** What the return to user mode makes of a call's result. */
export const SIGNAL_NONE = 0;
export const SIGNAL_HANDLED = 1;
export const SIGNAL_RESTART = 2;
export const SIGNAL_KILLED = 3;

/** A signal to be delivered: its handler is to run, or, without one, it is the end of the task. */
interface ksignal {
  readonly info: kernel_siginfo;
  readonly ka: sigaction;
  readonly handler: SignalHandler | null;
}

/** Takes the next signal that something is to be done about, null if there is none. */
function* get_signal(task: task_struct): Kernel<ksignal | null> {
  const { sighand, signal } = task;
  let found: ksignal | null = null;
  yield spin_lock_irq(sighand.siglock);
  while (found === null) {
    if (signal.group_exit || signal.group_exec_task !== null) {
      // Dying comes first: no handler runs any more.
      task.pending.signal &= ~sigmask(SIGKILL);
      recalc_sigpending(task);
      found = { info: withoutInfo(SIGKILL), ka: actionOf(task, SIGKILL), handler: null };
      break;
    }
    const info = dequeue_signal(task.blocked);
    if (info === null) break;
    const sig = info.si_signo;
    const ka = actionOf(task, sig);
    if (ka.handler === SIG_IGN) continue;
    if (ka.handler !== SIG_DFL) {
      found = { info, ka, handler: ka.handler };
      if ((ka.flags & SA_RESETHAND) !== 0) sighand.action[sig] = { ...ka, handler: SIG_DFL };
    } else if (!sig_kernel_ignore(sig) && !sig_kernel_stop(sig)) {
      found = { info, ka, handler: null };
    }
  }
  spin_unlock_irq(sighand.siglock);
  return found;
}

/** A handler that is about to run, and the mask that comes back after it. */
interface rt_sigframe {
  readonly info: kernel_siginfo;
  readonly handler: SignalHandler;
  readonly oldset: sigset_t;
}

/**
 * Runs the handlers of pending signals, with `ret` the result of the interrupted call: whether
 * nothing ran, handlers ran, the call is to be restarted, or the task is to die of `exit_code`.
 */
export function* arch_do_signal_or_restart(ret: number): Kernel<number> {
  const task = current;
  const stack: rt_sigframe[] = [];
  let outcome = SIGNAL_NONE;
  do {
    while (task.sigpending) {
      const ksig = yield* get_signal(task);
      if (ksig === null) break;
      const { info, ka, handler } = ksig;
      if (handler === null) {
        // One that is sent to be fatal was told of when it was sent.
        if (!task.signal.group_exit) task.kernel.tracer?.sent?.(task, info, 'fatal');
        task.exit_code = info.si_signo;
        return SIGNAL_KILLED;
      }
      if (outcome === SIGNAL_NONE) {
        const again = ret === -ERESTARTSYS && (ka.flags & SA_RESTART) !== 0;
        outcome = again || ret === -ERESTARTNOINTR ? SIGNAL_RESTART : SIGNAL_HANDLED;
      }
      stack.push(yield* handle_signal(task, info, ka, handler));
    }
    // All frames are built before the first handler runs, so the one of the last signal is on top.
    const frame = stack.pop();
    if (frame !== undefined) yield* runHandler(task, frame);
    if (task.restore_sigmask) {
      task.restore_sigmask = false;
      yield* set_current_blocked(task.saved_sigmask);
    }
  } while (stack.length > 0 || task.sigpending);
  return outcome === SIGNAL_NONE && asksForRestart(ret) ? SIGNAL_RESTART : outcome;
}

/** Ours: is the result one that user mode never sees? */
export const asksForRestart = (ret: number): boolean =>
  ret === -ERESTARTSYS ||
  ret === -ERESTARTNOINTR ||
  ret === -ERESTARTNOHAND ||
  ret === -ERESTART_RESTARTBLOCK;

/** Blocks a signal and the mask of its handler; what its handler needs to run and to come back. */
function* handle_signal(
  task: task_struct,
  info: kernel_siginfo,
  action: sigaction,
  handler: SignalHandler,
): Kernel<rt_sigframe> {
  const oldset = task.restore_sigmask ? task.saved_sigmask : task.blocked;
  task.restore_sigmask = false;
  const own = (action.flags & SA_NODEFER) !== 0 ? 0n : sigmask(info.si_signo);
  yield* set_current_blocked(task.blocked | action.mask | own);
  return { info, handler, oldset };
}

/** User mode up to rt_sigreturn(). */
function* runHandler(task: task_struct, frame: rt_sigframe): Kernel<void> {
  const { tracer } = task.kernel;
  const { info } = frame;
  if (tracer !== null) tracer.signal(task, info);
  if (returnsByStep(task)) yield toUserMode;
  yield* frame.handler(info.si_signo, info);
  task.kernel.touchProgramMemory?.();
  if (tracer !== null) tracer.sigreturn?.(task, frame.oldset);
  task.restart_block = do_no_restart_syscall;
  yield* set_current_blocked(frame.oldset);
}

/** A call that was to go on does not, once a handler has run. */
function* do_no_restart_syscall(): Kernel<number> {
  return -EINTR;
}
