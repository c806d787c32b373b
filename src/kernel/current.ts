/**
 * The task that the running code belongs to. Linux: arch/x86/include/asm/current.h.
 *
 * The one binding at module level. An interrupt sees the task that it interrupted, as in Linux.
 * Everything that Linux keeps in global variables hangs off `current.kernel`, so that two machines
 * in one process never meet.
 */
import type { task_struct } from './sched.ts';

export let current: task_struct;

/** Ours: the machine says who runs next. */
export function setCurrent(task: task_struct): void {
  current = task;
}
