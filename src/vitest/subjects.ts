/**
 * What matchers are asked about: a descriptor of a process, and a thread, by name.
 *
 *     expect(descriptor(sys, ep)).toBeReady();
 *     expect(thread(machine, 't1')).toBeBlockedIn('epoll_wait');
 */
import type { AsyncSys } from '../async/sys.ts';
import { isAsyncSys } from '../async/thread.ts';
import type { file } from '../kernel/file.ts';
import type { Globals } from '../kernel/globals.ts';
import type { task_struct } from '../kernel/sched.ts';
import { Machine } from '../sim/machine.ts';
import { Spawned } from '../sim/report.ts';
import { inWords } from '../syscalls/found.ts';
import { Sys } from '../syscalls/sys.ts';

/** A machine, a program that was spawned on one, or the thread that makes calls. */
export type Where = Machine | Spawned<unknown> | Sys | AsyncSys;

/** A descriptor of one process. */
export class Descriptor {
  /** A thread of the process. */
  readonly task: task_struct;
  /** Its number. */
  readonly fd: number;

  constructor(task: task_struct, fd: number) {
    this.task = task;
    this.fd = fd;
  }

  /** Null where it is not open now. */
  get file(): file | null {
    return this.task.files.fd[this.fd] ?? null;
  }
}

/** A thread of a machine, whether it is there by now, still there, or neither. */
export class Thread {
  /** The kernel of its machine. */
  readonly kernel: Globals;
  /** Its name. */
  readonly name: string;

  constructor(kernel: Globals, name: string) {
    this.kernel = kernel;
    this.name = name;
  }

  /** Null before it begins, and when it has ended. */
  get task(): task_struct | null {
    for (const task of this.kernel.tasks.values()) if (task.comm === this.name) return task;
    return null;
  }
}

/**
 * The descriptor `fd` of the process that `where` says: the caller's, the program's, or the only one
 * of a machine.
 *
 * @throws TypeError where a machine has several processes, or none is left
 */
export function descriptor(where: Where, fd: number): Descriptor {
  if (isOfTask(where)) return new Descriptor(where.task, fd);
  const tasks = [...kernelOf('descriptor', where).tasks.values()];
  const processes = new Map(tasks.map((task) => [task.tgid, task]));
  const [only] = processes.values();
  if (only !== undefined && processes.size === 1) return new Descriptor(only, fd);
  const found =
    processes.size === 0
      ? 'a machine on which every program has ended'
      : `a machine with several: ${[...processes.values()].map(({ comm }) => comm).join(', ')}; say which program, as machine.spawn() gives it`;
  throw new TypeError(`descriptor: expected a machine with one process, found ${found}`);
}

/**
 * The thread called `name`; those without a name of their own are main, t1, t2, …
 *
 * @throws TypeError where `where` is no machine, no program and no thread
 */
export const thread = (where: Where, name: string): Thread =>
  new Thread(kernelOf('thread', where), name);

/** The kernel of the machine; throws a TypeError for what is none of these. */
export function kernelOf(what: string, where: Where): Globals {
  if (where instanceof Machine) return where.kernel;
  if (isOfTask(where)) return where.task.kernel;
  throw new TypeError(
    `${what}: expected a machine, a program as spawn() gives it, or a sys, found ${inWords(where)}`,
  );
}

const isOfTask = (where: Where): where is Exclude<Where, Machine> =>
  where instanceof Sys || where instanceof Spawned || isAsyncSys(where);
