/**
 * The way from user mode into a system call and back. Linux: kernel/entry/common.c,
 * arch/x86/entry/.
 *
 * On the way back the task closes files whose last reference it dropped, and handles its signals:
 * runs handlers, restarts the call, or dies.
 */
import { smp_mb } from './barrier.ts';
import { current } from './current.ts';
import { ERESTART_RESTARTBLOCK } from './errno.ts';
import { do_group_exit } from './exit.ts';
import { lockdep_sys_exit } from './lockdep.ts';
import type { Execution, Kernel } from './op.ts';
import { signal_pending, type task_struct } from './sched.ts';
import {
  arch_do_signal_or_restart,
  asksForRestart,
  SIGNAL_KILLED,
  SIGNAL_RESTART,
} from './signal_delivery.ts';
import { task_work_run } from './task_work.ts';
import { EINTR } from './uapi/errno.ts';
import { returnsByStep, toUserMode } from './user_mode.ts';

const noArguments: readonly unknown[] = [];

/**
 * Ours: runs one system call from entry to exit; what user mode sees of it. The call is made anew
 * when a signal says that it is to be restarted. `name` is for whoever asks where the task is,
 * `args` for the checker; `made` is the number of the program's call (calls.ts), 0 for none.
 */
export function* runSyscall(
  call: () => Kernel<number>,
  name: string | null = null,
  made = 0,
  args: readonly unknown[] = noArguments,
): Kernel<number> {
  const { observer, stepper } = current.kernel;
  if (made !== 0) current.kernel.calls.enter(made);
  const since = stepper === null ? 0 : stepper.steps;
  let body = call;
  for (;;) {
    const task = current;
    const execution = task.execution as Execution;
    execution.call = name;
    // The first look at shared state (the descriptor table) needs no lock.
    if (!task.kernel.alone) yield task.files.lookup;
    // A signal that came in user mode is handled there, before the call begins.
    while (signal_pending(task)) yield* exit_to_user_mode_loop(0);
    if (observer !== null && name !== null) observer.entered(task, name, args);
    const ret = yield* body();
    if (task.stores !== null) yield* smp_mb(); // The program sees what it has done.
    if (!hasExitWork(task)) {
      lockdep_sys_exit(task);
      execution.call = null;
      if (observer !== null && name !== null) observer.returned(task, name, args, ret);
      if (returnsByStep(task)) yield toUserMode;
      if (stepper !== null) stepper.wentThrough(since);
      return ret;
    }
    const result = yield* leaveKernel(ret);
    execution.call = null;
    if (result !== null) {
      if (observer !== null && name !== null) observer.returned(task, name, args, result);
      if (returnsByStep(task)) yield toUserMode;
      return result;
    }
    body = ret === -ERESTART_RESTARTBLOCK ? restart_syscall : call;
  }
}

/** Goes on with a call that a signal without a handler has interrupted. */
const restart_syscall = (): Kernel<number> => (current.restart_block as () => Kernel<number>)();

/** Is the way back to user mode more than a return? */
export const hasExitWork = (task: task_struct): boolean =>
  task.task_works.length > 0 || signal_pending(task) || task.restore_sigmask;

/** The way back after a call that returned `ret`: what user mode sees, null to make it anew. */
export function* leaveKernel(ret: number): Kernel<number | null> {
  const task = current;
  if (task.task_works.length > 0) yield* task_work_run();
  const signals = signal_pending(task) || task.restore_sigmask;
  const restart = signals && (yield* exit_to_user_mode_loop(ret));
  lockdep_sys_exit(task);
  if (restart) return null;
  return asksForRestart(ret) ? -EINTR : ret;
}

/** Handles the pending signals; true if the call that returned `ret` is to be made anew. */
export function* exit_to_user_mode_loop(ret: number): Kernel<boolean> {
  const { tracer } = current.kernel;
  if (tracer !== null) tracer.sysReturn?.(current, ret);
  const outcome = yield* arch_do_signal_or_restart(ret);
  if (outcome === SIGNAL_KILLED) yield* do_group_exit(current.exit_code);
  return outcome === SIGNAL_RESTART;
}
