/** What an interleaving breaks, shown by the shortest execution that breaks it so. */
import { defaultKernel } from '../kernel/history.ts';
import { type Pausing, withoutPause } from '../sim/pause.ts';
import type { Finding as Because } from '../why/verdict.ts';
import type { CheckOptions } from './check.ts';
import { detect, type Problem } from './detectors/index.ts';
import { type Explored, firstOf, type Subject } from './explore.ts';
import type { TakenLiberty } from './liberties.ts';
import { minimise } from './minimise.ts';
import type { ContextId } from './order.ts';
import { reasonsFor } from './reasons.ts';
import { Retrace } from './replay.ts';
import { scheduleText } from './schedule_text.ts';
import { type Story, telling } from './story.ts';
import type { Shown } from './tally.ts';

/** Something that an interleaving breaks. */
export interface Finding extends Problem {
  /** The shortest execution that was found, step by step; what `replay` takes. */
  readonly schedule: string;
  readonly story: Story;
  /** Why the tasks concerned were not told of what they waited for. */
  readonly because: readonly Because[];
  /** What the kernel had to do that it need not have done; see sim/liberty.ts. */
  readonly liberties: readonly TakenLiberty[];
  /** No execution with fewer of them breaks it so: all were tried. */
  readonly fewestLiberties: boolean;
  readonly preemptions: number;
  /** No execution with fewer preemptions breaks it so: all were tried. */
  readonly fewest: boolean;
  readonly steps: number;
  /** Which execution found it first, from 1. */
  readonly execution: number;
}

/** Makes a finding of what an execution shows: the shortest one that shows the same. */
export const findingOf = <T>(subject: Subject<T>, options: CheckOptions, shown: Shown): Finding =>
  withoutPause(finding(subject, options, shown));

/** As findingOf(), with pauses. */
export function* finding<T>(
  subject: Subject<T>,
  options: CheckOptions,
  { problem: shown, path, execution: number }: Shown,
): Pausing<Finding> {
  const first = (yield* retraced(subject, path, options)).execution;
  const { cause, severity } = asNamedIn(detect(first, options), shown);
  const problemOf = (execution: Explored<T>): Problem | undefined =>
    detect(execution, options).find((one) => one.cause === cause && one.severity === severity);
  const { execution, fewest, fewestLiberties } =
    options.strategy === 'replay'
      ? { execution: first, fewest: false, fewestLiberties: false }
      : yield* minimise(subject, first, (one) => problemOf(one) !== undefined, options);
  const problem = problemOf(execution) as Problem;
  return {
    ...problem,
    schedule: yield* scheduleAlong(subject, options, execution.path, problem.sentence),
    story: yield* telling(subject, execution.path, options),
    because: yield* reasonsFor(subject, execution.path, problem, options),
    liberties: execution.liberties,
    fewestLiberties,
    preemptions: execution.preemptions,
    fewest,
    steps: execution.steps,
    execution: number,
  };
}

/**
 * The problem as it is named where the execution is run again: of built code, a call that went
 * through has functions on its stack that step by step have returned (scripts/straight.ts).
 */
function asNamedIn(problems: readonly Problem[], shown: Problem): Problem {
  const { cause, kind, severity } = shown;
  const alike = problems.filter((one) => one.kind === kind && one.severity === severity);
  return alike.find((one) => one.cause === cause) ?? alike[0] ?? shown;
}

/** The schedule of the execution that a path leads through, as a text; `about`: what it shows. */
export const scheduleOf = <T>(
  subject: Subject<T>,
  options: CheckOptions,
  path: readonly ContextId[],
  about: string,
): string => withoutPause(scheduleAlong(subject, options, path, about));

function* scheduleAlong<T>(
  subject: Subject<T>,
  options: CheckOptions,
  path: readonly ContextId[],
  about: string,
): Pausing<string> {
  const { kernel = defaultKernel, with: added = [], without = [], memory = 'sc' } = options;
  const { execution, words } = yield* retraced(subject, path, options);
  const liberties = [...new Set(execution.liberties.map(({ kind }) => kind))];
  return scheduleText({ kernel, with: added, without, memory, liberties, about }, words);
}

/** The execution that a path leads through, and its steps in words. */
function* retraced<T>(
  subject: Subject<T>,
  path: readonly ContextId[],
  options: CheckOptions,
): Pausing<{ execution: Explored<T>; words: readonly string[] }> {
  const retrace = new Retrace(path);
  const execution = yield* firstOf(subject, retrace, options);
  if (execution === null) throw new Error('an execution cannot be run again');
  return { execution, words: retrace.words };
}
