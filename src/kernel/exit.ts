/**
 * How a task ends. Linux: kernel/exit.c.
 */
import { current } from './current.ts';
import { type file, filp_close } from './file.ts';
import type { Kernel } from './op.ts';
import {
  schedule,
  TASK_DEAD,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  type task_struct,
} from './sched.ts';
import { sigmask, signal_wake_up } from './signal.ts';
import { SIGKILL } from './uapi/signal.ts';
import {
  autoremove_wake_function,
  finish_wait,
  prepare_to_wait,
  wait_queue_entry,
  wake_up_all,
} from './wait.ts';

/** Closes all descriptors when the last task that shares the table goes. */
function* exit_files(): Kernel<void> {
  const { files } = current;
  if (--files.count > 0) return;
  for (let fd = 0; fd < files.fd.length; fd++) {
    const f: file | null = files.fd[fd] ?? null;
    files.fd[fd] = null;
    if (f !== null) yield* filp_close(f);
  }
}

/** Ends the running task; never returns. */
export function* do_exit(code: number): Kernel<void> {
  const task = current;
  task.exit_code = code;
  yield* exit_files();
  while (task.task_works.length > 0) yield* (task.task_works.shift() as () => Kernel<void>)();
  task.signal.threads.splice(task.signal.threads.indexOf(task), 1);
  task.__state = TASK_DEAD;
  task.sigpending = false;
  yield* wake_up_all(task.exited);
  yield schedule(task);
}

/** Ends all other threads of the process, then the running one. */
export function* do_group_exit(code: number): Kernel<void> {
  for (const thread of current.signal.threads) {
    if (thread === current) continue;
    thread.pending.signal |= sigmask(SIGKILL);
    signal_wake_up(thread, true);
  }
  yield* do_exit(code);
}

/** Ours: sleeps until a task has ended (what pthread_join() does with a futex). */
export function* waitForExit(task: task_struct): Kernel<void> {
  const wait = new wait_queue_entry(autoremove_wake_function, current);
  for (;;) {
    yield* prepare_to_wait(task.exited, wait, TASK_INTERRUPTIBLE);
    if (task.__state === TASK_DEAD) break;
    yield schedule(current);
  }
  current.__state = TASK_RUNNING;
  yield* finish_wait(task.exited, wait);
}
