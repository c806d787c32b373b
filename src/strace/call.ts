/** A call of the log, and who made it. */
import type { task_struct } from '../kernel/sched.ts';
import type { Returned } from './line.ts';

/** A thread of the log. */
export interface Thread {
  /** Null as long as no line has said it. */
  pid: number | null;
  name: string;
  task: task_struct;
  /** The call that it is inside of. */
  pending: Pending | null;
  ended: boolean;
}

/** A call that has begun in one line and will end in another. */
export interface Pending {
  readonly thread: Thread;
  readonly name: string;
  readonly args: string;
  readonly line: number;
  readonly list: readonly string[];
  /** What it does has been done: somebody else's result showed it. */
  done: boolean;
}

/** A call with its result. */
export interface Call {
  readonly thread: Thread;
  readonly name: string;
  readonly args: readonly string[];
  readonly returned: Returned;
  /** Of the result. */
  readonly line: number;
  /** Of where it began. */
  readonly begun: number;
  /** See Pending. */
  readonly done: boolean;
}

/** The result as a number, -1 for a failure; null for a call that never returned. */
export const retOf = ({ returned }: Call): number | null => returned.ret;

export const succeeded = ({ returned }: Call): boolean =>
  returned.ret !== null && returned.ret >= 0 && returned.errno === null;

export const wouldBlock = ({ returned }: Call): boolean =>
  returned.errno === 'EAGAIN' || returned.errno === 'EWOULDBLOCK';
