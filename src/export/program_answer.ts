/** What programs come to, and what an exported test of one asserts; scenarios are asked in answer.ts. */
import { checkingOf, runCheck } from '../check/check.ts';
import type { KernelChoice } from '../kernel/history.ts';
import { Machine } from '../sim/machine.ts';
import { type Pausing, running, withoutPause } from '../sim/pause.ts';
import type { Report } from '../sim/report.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { failureText } from '../trace/run.ts';
import { sleepersIn } from '../why/simulate.ts';
import { findingsText } from '../why/text.ts';

/** On which kernel, and along which schedule. */
export interface AnswerOptions extends KernelChoice {
  /** As `check` prints it: the one execution of a concurrent scenario or program to play. */
  readonly schedule?: string | undefined;
}

/**
 * What a program comes to, in words: along its schedule, or each thread until it sleeps.
 *
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
 * @throws NotDeterministic where the program goes another way when it is run again
 * @throws OutOfSteps where it goes on for ever
 */
export const programAnswer = (
  program: (sys: Sys) => Code<unknown>,
  options: AnswerOptions = {},
): string => withoutPause(answeringProgram(program, options));

/** As programAnswer(), with pauses. */
export function* answeringProgram(
  program: (sys: Sys) => Code<unknown>,
  options: AnswerOptions = {},
): Pausing<string> {
  const { schedule, ...kernel } = options;
  if (schedule !== undefined) {
    const { findings } = yield* runCheck(checkingOf(program, options));
    const sentences = findings.map(({ sentence }) => sentence);
    return sentences.length === 0 ? 'nothing found' : sentences.join('\n');
  }
  const machine = new Machine(kernel);
  machine.spawn(program);
  try {
    return endText(yield* running(machine));
  } catch (error) {
    return failureText(error);
  }
}

/** How a run without a schedule ended. */
export const endText = ({ asleep }: Report): string =>
  asleep.length === 0 ? 'ended' : `asleep: ${asleep.map(({ name }) => name).join(', ')}`;

/** A test runner shows where `expected` and `actual` differ. */
export class AnswerDiffers extends Error {
  /** The answer that was expected. */
  readonly expected: string;
  /** The answer that the model gives. */
  readonly actual: string;

  /** `reasons`: why the model answers so, as text; '' where nothing is known. */
  constructor(expected: string, actual: string, reasons: string) {
    super(`the model answers otherwise${reasons === '' ? '' : `:\n${reasons.trim()}`}`);
    this.expected = expected;
    this.actual = actual;
  }
}

/**
 * Does nothing where programAnswer() is what is expected.
 *
 * @throws AnswerDiffers for any other answer
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
 * @throws NotDeterministic where the program goes another way when it is run again
 * @throws OutOfSteps where it goes on for ever
 */
export function expectProgramAnswer(
  program: (sys: Sys) => Code<unknown>,
  expected: string,
  options: AnswerOptions = {},
): void {
  withoutPause(expectingProgramAnswer(program, expected, options));
}

/** As expectProgramAnswer(), with pauses. */
export function* expectingProgramAnswer(
  program: (sys: Sys) => Code<unknown>,
  expected: string,
  options: AnswerOptions = {},
): Pausing<void> {
  const found = yield* answeringProgram(program, options);
  if (found === expected) return;
  let reasons = '';
  try {
    reasons = yield* programReasons(program, found, options);
  } catch {
    // That a test fails matters more than why.
  }
  throw new AnswerDiffers(expected, found, reasons);
}

/** Of those who sleep for ever; with a schedule, of what the checker finds along it. */
function* programReasons(
  program: (sys: Sys) => Code<unknown>,
  found: string,
  options: AnswerOptions,
): Pausing<string> {
  const { schedule, ...kernel } = options;
  if (schedule !== undefined) {
    const { findings } = yield* runCheck(checkingOf(program, options));
    return findingsText(findings.flatMap(({ because }) => because));
  }
  // A program that keeps something outside of itself may go another way this time.
  return yield* sleepersIn(program, kernel, (report) => endText(report) === found);
}
