/**
 * A share of an exhaustive check as a job: plain data in, plain data out, so that threads and
 * machines can take it from a queue.
 */
import { Checking, type CheckOptions } from './check.ts';
import type { Left, Part } from './dpor.ts';
import type { Subject } from './explore.ts';
import type { TallyData } from './tally.ts';

export interface Job {
  /** What is checked: for whoever runs the job to find it. */
  readonly program: string;
  readonly options: CheckOptions;
  /** Null for all of it. */
  readonly part: Part | null;
  /** After how long, in milliseconds, to stop and hand back what is left. */
  readonly slice: number;
}

export interface JobResult {
  readonly tally: TallyData;
  readonly left: Left;
}

export function runJob<T>(
  subject: Subject<T>,
  textOf: (result: T) => string,
  { options, part, slice }: Job,
): JobResult {
  const endless = { ...options, executions: Number.POSITIVE_INFINITY, seconds: undefined };
  const checking = new Checking(subject, endless, textOf, part);
  const end = Date.now() + slice;
  while (checking.next() && Date.now() < end);
  return { tally: checking.tally.toData(), left: checking.leave() as Left };
}
