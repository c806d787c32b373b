/**
 * How a task ends. Linux: kernel/exit.c.
 */
import { current } from './current.ts';
import { ERESTARTSYS } from './errno.ts';
import { type file, filp_close } from './file.ts';
import type { Kernel } from './op.ts';
import {
  EXIT_DEAD,
  PF_EXITING,
  schedule,
  signal_pending,
  TASK_DEAD,
  TASK_INTERRUPTIBLE,
  type task_struct,
} from './sched.ts';
import { retarget_shared_pending, sigmask, signal_wake_up } from './signal.ts';
import { signalfd_cleanup } from './signalfd.ts';
import { spin_lock_irq, spin_unlock_irq } from './spinlock.ts';
import { task_work_run } from './task_work.ts';
import { SIGKILL } from './uapi/signal.ts';
import {
  autoremove_wake_function,
  finish_wait,
  prepare_to_wait,
  wait_queue_entry,
  wake_up_all,
} from './wait.ts';

/** Gives all descriptors up when the last task that shares the table goes. */
function exit_files(): void {
  const { files } = current;
  if (--files.count > 0) return;
  for (let fd = 0; fd < files.fd.length; fd++) {
    const f: file | null = files.fd[fd] ?? null;
    files.fd[fd] = null;
    if (f !== null) filp_close(f);
  }
}

/** From now on no signal is for this task; another one takes what it would have taken. */
function* exit_signals(tsk: task_struct): Kernel<void> {
  const { sighand, signal } = tsk;
  if (signal.threads.length === 1 || signal.group_exit) {
    tsk.flags |= PF_EXITING;
    return;
  }
  yield spin_lock_irq(sighand.siglock);
  tsk.flags |= PF_EXITING;
  if (signal_pending(tsk)) retarget_shared_pending(tsk, ~tsk.blocked);
  spin_unlock_irq(sighand.siglock);
}

/** Takes the task out of its process; the last one takes what they shared along. */
function* __exit_signal(tsk: task_struct): Kernel<void> {
  const { sighand, signal } = tsk;
  const at = signal.threads.indexOf(tsk);
  if (signal.curr_target === tsk) signal.curr_target = signal.threads[at + 1] ?? null;
  signal.threads.splice(at, 1);
  if (signal.threads.length === 0) yield* signalfd_cleanup(sighand);
}

/** Ends the running task; never returns. */
export function* do_exit(code: number): Kernel<void> {
  const task = current;
  task.exit_code = code;
  yield* exit_signals(task);
  exit_files();
  yield* task_work_run(); // The files are closed here, the one of the highest descriptor first.
  yield* __exit_signal(task);
  task.exit_state = EXIT_DEAD;
  task.__state = TASK_DEAD;
  // The first thread stands for the process, which somebody may still ask about.
  if (task.pid !== task.tgid) task.kernel.tasks.delete(task.pid);
  yield* wake_up_all(task.exited);
  yield schedule(task);
}

/** Tells all other threads to die. Called with siglock held. */
function zap_other_threads(p: task_struct): void {
  for (const thread of p.signal.threads) {
    if (thread === p) continue;
    thread.pending.signal |= sigmask(SIGKILL);
    signal_wake_up(thread, true);
  }
}

/** Ends all threads of the process with the same status, unless that is under way. */
export function* do_group_exit(exit_code: number): Kernel<void> {
  const { sighand, signal } = current;
  if (!signal.group_exit) {
    yield spin_lock_irq(sighand.siglock);
    if (!signal.group_exit) {
      signal.group_exit_code = exit_code;
      signal.group_exit = true;
      zap_other_threads(current);
    }
    spin_unlock_irq(sighand.siglock);
  }
  yield* do_exit(signal.group_exit_code);
}

/**
 * Ours: sleeps until a task has ended (what pthread_join() does with a futex); 0, or -ERESTARTSYS
 * for a signal.
 */
export function* waitForExit(task: task_struct): Kernel<number> {
  const wait = new wait_queue_entry(autoremove_wake_function, current);
  let ret = 0;
  for (;;) {
    yield* prepare_to_wait(task.exited, wait, TASK_INTERRUPTIBLE);
    if (task.__state === TASK_DEAD) break;
    if (signal_pending(current)) {
      ret = -ERESTARTSYS;
      break;
    }
    yield schedule(current);
  }
  yield* finish_wait(task.exited, wait);
  return ret;
}
