/** The tasks of all labs, in their order. */
import { task as task01 } from './01/task.ts';
import { task as task02 } from './02/task.ts';
import { task as task03 } from './03/task.ts';
import { task as task04 } from './04/task.ts';
import { task as task05 } from './05/task.ts';
import { task as task06 } from './06/task.ts';
import type { Task } from './task.ts';

export type { Grade, Solution, Task, Words } from './task.ts';

export const tasks: readonly Task[] = [task01, task02, task03, task04, task05, task06];
