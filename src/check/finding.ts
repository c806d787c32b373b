/** What an interleaving breaks, shown by a short execution that breaks it so. */
import { defaultKernel } from '../kernel/history.ts';
import { type Pausing, withoutPause } from '../sim/pause.ts';
import type { Finding as Because } from '../why/verdict.ts';
import type { CheckOptions } from './check.ts';
import { detect, type Problem } from './detectors/index.ts';
import { type Explored, firstOf, type Subject } from './explore.ts';
import { libertiesOf, type TakenLiberty } from './liberties.ts';
import { minimise } from './minimise.ts';
import type { ContextId } from './order.ts';
import { reasonsFor } from './reasons.ts';
import { Retrace } from './replay.ts';
import { scheduleText } from './schedule_text.ts';
import { type Story, telling } from './story.ts';
import type { Shown } from './tally.ts';

/** Something that an interleaving breaks. */
export interface Finding extends Problem {
  /**
   * False where it did not come again along the same steps, as the program goes another way when it is
   * run again. Then the problem is as it was seen, and the rest, which would have to be found out by
   * running it again, is empty or 0, but for `steps` and `execution`.
   */
  readonly repeats: boolean;
  /**
   * A short execution, step by step; what `replay` takes. It has as few preemptions as `fewest` says;
   * there may be one of fewer steps.
   */
  readonly schedule: string;
  /** The same execution as a table. */
  readonly story: Story;
  /** Why the tasks concerned were not told of what they waited for. */
  readonly because: readonly Because[];
  /** What the kernel had to do that it need not have done; see sim/liberty.ts. */
  readonly liberties: readonly TakenLiberty[];
  /** No execution with fewer of them breaks it so: all were tried. */
  readonly fewestLiberties: boolean;
  /** How often the execution takes a thread off its CPU that could have gone on. */
  readonly preemptions: number;
  /** No execution with fewer preemptions breaks it so: all were tried. */
  readonly fewest: boolean;
  /** How many steps the execution has. */
  readonly steps: number;
  /** Which execution found it first, from 1. */
  readonly execution: number;
}

/** Makes a finding of what an execution shows: a short one that shows the same. */
export const findingOf = <T>(subject: Subject<T>, options: CheckOptions, shown: Shown): Finding =>
  withoutPause(finding(subject, options, shown));

/** As findingOf(), with pauses. */
export function* finding<T>(
  subject: Subject<T>,
  options: CheckOptions,
  { problem: shown, path, execution: number }: Shown,
): Pausing<Finding> {
  const first = (yield* retraced(subject, path, options)).execution;
  const named = asNamedIn(detect(first, options), shown);
  if (named === null) return unrepeated(shown, path, number);
  const { cause, severity } = named;
  const problemOf = (execution: Explored<T>): Problem | undefined =>
    detect(execution, options).find((one) => one.cause === cause && one.severity === severity);
  const { execution, fewest, fewestLiberties } =
    options.strategy === 'replay'
      ? { execution: first, fewest: false, fewestLiberties: false }
      : yield* minimise(subject, first, (one) => problemOf(one) !== undefined, options);
  const problem = problemOf(execution) as Problem;
  const again = yield* retraced(subject, execution.path, options);
  if (asNamedIn(detect(again.execution, options), problem) === null) {
    return unrepeated(problem, execution.path, number);
  }
  return {
    ...problem,
    repeats: true,
    schedule: textOf(again, options, problem.sentence),
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

/** What was seen once, of a program that goes another way when it is run again. */
const unrepeated = (problem: Problem, path: readonly ContextId[], execution: number): Finding => ({
  ...problem,
  repeats: false,
  schedule: '',
  story: { contexts: [], rows: [] },
  because: [],
  liberties: [],
  fewestLiberties: false,
  preemptions: 0,
  fewest: false,
  steps: path.length,
  execution,
});

/**
 * The problem as it is named where the execution is run again: of built code, a call that went
 * through has functions on its stack that step by step have returned (scripts/straight.ts). Null where
 * nothing like it is there.
 */
function asNamedIn(problems: readonly Problem[], shown: Problem): Problem | null {
  const { cause, kind, severity } = shown;
  const alike = problems.filter((one) => one.kind === kind && one.severity === severity);
  return alike.find((one) => one.cause === cause) ?? alike[0] ?? null;
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
  return textOf(yield* retraced(subject, path, options), options, about);
}

function textOf(
  { execution, words }: Retraced<unknown>,
  options: CheckOptions,
  about: string,
): string {
  const { kernel = defaultKernel, with: added = [], without = [], memory = 'sc' } = options;
  const taken = [...new Set(execution.liberties.map(({ kind }) => kind))];
  const liberties = libertiesOf(options) === null ? null : taken;
  return scheduleText({ kernel, with: added, without, memory, liberties, about }, words);
}

interface Retraced<T> {
  readonly execution: Explored<T>;
  /** Its steps. */
  readonly words: readonly string[];
}

/** The execution that a path leads through, and its steps in words. */
function* retraced<T>(
  subject: Subject<T>,
  path: readonly ContextId[],
  options: CheckOptions,
): Pausing<Retraced<T>> {
  const retrace = new Retrace(path);
  const execution = yield* firstOf(subject, retrace, options);
  if (execution === null) throw new Error('an execution cannot be run again');
  return { execution, words: retrace.words };
}
