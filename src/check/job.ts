/**
 * A share of an exhaustive check as a job: plain data in, plain data out, so that threads and
 * machines can take it from a queue.
 */
import { type Pausing, withoutPause } from '../sim/pause.ts';
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

export const runJob = <T>(
  subject: Subject<T>,
  textOf: (result: T) => string,
  job: Job,
): JobResult => withoutPause(runningJob(subject, textOf, job));

/** As runJob(), with pauses. */
export function* runningJob<T>(
  subject: Subject<T>,
  textOf: (result: T) => string,
  { options, part, slice }: Job,
): Pausing<JobResult> {
  const endless = { ...options, executions: Number.POSITIVE_INFINITY, seconds: undefined };
  const checking = new Checking(subject, endless, textOf, part);
  yield* someOf(checking, Date.now() + slice);
  return { tally: checking.tally.toData(), left: checking.leave() as Left };
}

/** Explores until `end`, in ms since 1970, and to the end of an execution; is there more to do? */
export function* someOf<T>(checking: Checking<T>, end: number): Pausing<boolean> {
  let more = true;
  while (more && (checking.isPaused || Date.now() < end)) {
    more = checking.goOn();
    if (checking.isPaused) yield null;
  }
  return more;
}
