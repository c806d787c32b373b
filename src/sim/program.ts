/** A program as the code of a task: what it is started with, and what is looked at when it ends. */
import { do_exit, do_group_exit, exitInOneStep } from '../kernel/exit.ts';
import type { Kernel } from '../kernel/op.ts';
import type { task_struct } from '../kernel/sched.ts';
import { inWords } from '../syscalls/found.ts';
import type { Code, Program, Sys } from '../syscalls/sys.ts';
import { type Spawned, sleeperOf, sleeperText } from './report.ts';

/** The first thread of a process; the process ends with it. */
export function* runProcess<T>(
  spawned: Spawned<T>,
  program: (sys: Sys) => Code<T>,
  sys: Sys,
): Kernel<void> {
  try {
    const value = yield* codeOf(program, sys);
    checkForgotten(sys.task);
    spawned.end({ how: 'returned', value });
  } catch (error) {
    spawned.end({ how: 'threw', error });
    throw error;
  }
  yield* do_group_exit(0);
}

/** A child after fork(), and a program after execve(): the process ends with it. */
export function* runChild(program: Program, sys: Sys): Kernel<void> {
  yield* codeOf(program, sys);
  checkForgotten(sys.task);
  yield* do_group_exit(0);
}

/** Any other thread. */
export function* runThread(program: Program, sys: Sys): Kernel<void> {
  yield* codeOf(program, sys);
  checkForgotten(sys.task);
  if (sys.task.kernel.exact) yield* exitInOneStep(0);
  else yield* do_exit(0);
}

/** What runs; a plain function, or an async one, is easily written where a generator was meant. */
function codeOf<T>(program: (sys: Sys) => Code<T>, sys: Sys): Code<T> {
  const code: Partial<Code<T>> | null | undefined = program(sys);
  if (typeof code?.next === 'function' && typeof code[Symbol.iterator] === 'function') {
    return code as Code<T>;
  }
  throw new TypeError(
    `${sys.task.comm}: expected a generator function (function* (sys) { … }), ` +
      `found a function that gives ${inWords(code)}`,
  );
}

/** The thread has come to its end: what it has not entered by now it has forgotten. */
function checkForgotten(task: task_struct): void {
  task.kernel.touchProgramMemory?.();
  const forgotten = task.kernel.calls.forgottenBy(task);
  if (forgotten !== null) throw new TypeError(`${task.comm}: ${forgotten}`);
}

/** The same for a task that nobody will ever wake. */
export function checkSleeper(task: task_struct): void {
  const sleeper = sleeperOf(task);
  const forgotten = sleeper && task.kernel.calls.forgottenBy(task);
  if (!forgotten) return;
  throw new TypeError(`${task.comm}: ${forgotten}, and ${sleeperText(sleeper)} for ever`);
}

/** Stands for a `yield` of `undefined` or `null`, of which nothing can be asked. */
export const nothingYielded: object = {};

/** The likely mistake: `yield sys.read(…)`. */
export function notAnOperation(found: unknown, { comm }: task_struct): TypeError {
  const what =
    found === nothingYielded
      ? 'nothing'
      : typeof found === 'object'
        ? 'a call that was not entered'
        : inWords(found);
  return new TypeError(`${comm}: expected "yield* sys.call(…)", found "yield" of ${what}`);
}
