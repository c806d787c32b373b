/**
 * What has become of the programs on a machine: what they returned, and who sleeps where.
 */
import { enabled } from '../kernel/execute.ts';
import { Op, type Verb } from '../kernel/op.ts';
import { TASK_DEAD, type task_struct } from '../kernel/sched.ts';
import { signalName } from '../kernel/uapi/names.ts';

/** How a program has ended. */
export type Result<T> =
  | {
      readonly how: 'returned';
      /** What the program returned. */
      readonly value: T;
    }
  /** The error also comes out of Machine.run(). */
  | {
      readonly how: 'threw';
      /** What the program threw. */
      readonly error: unknown;
    }
  /** By exit_group(), or as another program after execve(). */
  | {
      readonly how: 'exited';
      /** The exit status, as exit_group(2) takes it. */
      readonly status: number;
    }
  /** By a signal. */
  | {
      readonly how: 'killed';
      /** The signal that ended it. */
      readonly signo: number;
    };

/** "ended with status 1", "was killed by SIGPIPE"; of a program that did not return. */
export function endingOf(result: Exclude<Result<unknown>, { how: 'returned' }>): string {
  switch (result.how) {
    case 'exited':
      return `ended with status ${result.status}`;
    case 'killed':
      return `was killed by ${signalName(result.signo)}`;
    case 'threw':
      return 'threw';
  }
}

/** A program on a machine. */
export class Spawned<T> {
  /** Its first thread. */
  readonly task: task_struct;
  private ended: Result<T> | null = null;

  constructor(task: task_struct) {
    this.task = task;
  }

  /** Null as long as it has not ended. */
  get result(): Result<T> | null {
    const { signal } = this.task;
    if (this.ended !== null || signal.threads.length > 0) return this.ended;
    const code = signal.group_exit_code;
    const signo = code & 0x7f;
    return signo === 0 ? { how: 'exited', status: code >> 8 } : { how: 'killed', signo };
  }

  /** The machine says so, once. */
  end(result: Result<T>): void {
    this.ended = result;
  }
}

/** A task that waits for something. */
export interface Sleeper {
  /** The name of the task. */
  readonly name: string;
  /** The number of the task, which of a thread is its tid. */
  readonly pid: number;
  /** The system call that it is in; null in none, as while it exits. */
  readonly call: string | null;
  /** What it sleeps in: `schedule` until it is woken, `mutex_lock` until it has a lock, … */
  readonly at: Verb;
  /** On the virtual clock. */
  readonly since_ns: number;
}

/** What came of a run. */
export interface Report {
  /** All that were spawned, in their order. */
  readonly programs: readonly Spawned<unknown>[];
  /** Who sleeps when nothing is left that could wake anybody: for ever. */
  readonly asleep: readonly Sleeper[];
}

/** Null for a task that has ended, has no code, or could go on. */
export function sleeperOf(task: task_struct): Sleeper | null {
  const { execution } = task;
  if (task.__state === TASK_DEAD || execution === null) return null;
  const { call, op, since_ns } = execution;
  if (op === null || !(op instanceof Op) || task.on_rq || enabled(op, task)) return null;
  return { name: task.comm, pid: task.pid, call, at: op.verb, since_ns };
}

/** A sleeper in words: "t1 sleeps in epoll_wait". */
export const sleeperText = ({ name, call, at }: Sleeper): string =>
  `${name} sleeps in ${call ?? at}`;
