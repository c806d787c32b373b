/** The tasks of all labs, in their order. */
import { task as lab01 } from './01/task.ts';
import { task as lab02 } from './02/task.ts';
import { task as lab03 } from './03/task.ts';
import { task as lab04 } from './04/task.ts';
import { task as lab05 } from './05/task.ts';
import { task as lab06 } from './06/task.ts';
import { task as lab07 } from './07/task.ts';
import { task as lab08 } from './08/task.ts';
import { task as lab09 } from './09/task.ts';
import { task as lab10 } from './10/task.ts';
import { task as lab11 } from './11/task.ts';
import { task as lab12 } from './12/task.ts';
import { task as lab13 } from './13/task.ts';
import { task as lab14 } from './14/task.ts';
import type { Task } from './task.ts';

export type { Grade, Solution, Task, Words } from './task.ts';

export const tasks: readonly Task[] = [
  lab01,
  lab02,
  lab03,
  lab04,
  lab05,
  lab06,
  lab07,
  lab08,
  lab09,
  lab10,
  lab11,
  lab12,
  lab13,
  lab14,
];
