/**
 * Work that a task does before it returns to user mode. Linux: kernel/task_work.c.
 *
 * Invariants: the newest comes first, as the list is built at its head.
 */
import { current } from './current.ts';
import type { Kernel } from './op.ts';

/** Mostly: the close of a file whose last reference was dropped during the call. */
export type task_work_func_t = () => Kernel<void>;

export function* task_work_run(): Kernel<void> {
  const task = current;
  while (task.task_works.length > 0) {
    const works = task.task_works;
    task.task_works = [];
    for (let work = works.pop(); work !== undefined; work = works.pop()) yield* work();
  }
}
