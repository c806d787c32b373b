/**
 * What an exported test asserts: that the model answers as it did. Where it does not, the failure says
 * why, as `epollsim why` does it; only then the scenario or program is run again, with somebody who listens.
 */
import { checkingOf, runCheck } from '../check/check.ts';
import type { KernelChoice } from '../kernel/history.ts';
import { differenceOf, readTranscript } from '../scenario/difference.ts';
import { parseScenario } from '../scenario/parse.ts';
import { waitsAlong } from '../scenario/parting.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { playTraced } from '../scenario/traced.ts';
import { why } from '../scenario/why.ts';
import { type Pausing, withoutPause } from '../sim/pause.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { failureText } from '../trace/run.ts';
import { sleepOf } from '../why/answer.ts';
import { History } from '../why/history.ts';
import { sleepersIn } from '../why/simulate.ts';
import { findingsText, whyText } from '../why/text.ts';
import {
  type AnswerOptions,
  answeringProgram,
  answerOf,
  endText,
  searched,
  searchFor,
} from './answer.ts';

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
 * Does nothing where answerOf() the scenario is what is expected.
 *
 * @throws AnswerDiffers for any other answer
 * @throws ScenarioError for a document that is no scenario
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
 * @throws OutOfSteps where it goes on for ever
 */
export function expectAnswer(
  document: unknown,
  expected: string,
  options: AnswerOptions = {},
): void {
  const found = answerOf(document, options);
  if (found === expected) return;
  const reasons = reasonsIfAny(() =>
    scenarioReasons(parseScenario(document), expected, found, options),
  );
  throw new AnswerDiffers(expected, found, reasons);
}

/**
 * Does nothing where programAnswer() is what is expected.
 *
 * @throws AnswerDiffers for any other answer
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
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
    // As for reasonsIfAny().
  }
  throw new AnswerDiffers(expected, found, reasons);
}

/** That a test fails matters more than why: nothing is said where the reasons cannot be had. */
function reasonsIfAny(reasons: () => string): string {
  try {
    return reasons();
  } catch {
    return '';
  }
}

/** Of the step at which the transcripts part, and of those who sleep at the end and should not. */
function scenarioReasons(
  scenario: Scenario,
  expected: string,
  found: string,
  options: AnswerOptions,
): string {
  if (scenario.mode === 'concurrent') return outcomeReasons(scenario, expected, options);
  const { schedule: _, ...kernel } = options;
  const calls = scenario.steps.map(({ call }) => call);
  const { place } = differenceOf(expected, found, calls);
  const answer = place < calls.length ? why(scenario, { ...kernel, step: place }) : null;
  const answered = new Set(answer?.findings.map(({ task }) => task));
  const asleep = newlyBlocked(expected, found).filter((name) => !answered.has(name));
  return [
    ...(answer === null ? [] : [whyText(answer)]),
    ...(asleep.length === 0 ? [] : [sleepReasons(scenario, asleep, kernel)]),
  ].join('');
}

function newlyBlocked(expected: string, found: string): readonly string[] {
  const { blocked: known = [] } = readTranscript(expected);
  const { blocked = [] } = readTranscript(found);
  return blocked.filter((name) => !known.includes(name));
}

/** Why nobody woke those who sleep at the end. */
function sleepReasons(scenario: Scenario, asleep: readonly string[], kernel: KernelChoice): string {
  const history = new History();
  playTraced(scenario, kernel, history, failureText);
  return findingsText(asleep.flatMap((name) => sleepOf(name, history)));
}

/** What the threads were told at last, in an execution that comes to an outcome which is not expected. */
function outcomeReasons(scenario: Scenario, expected: string, options: AnswerOptions): string {
  const search = searchFor(scenario, options);
  searched(search);
  const news = search.outcomes().found.find(({ text }) => !expected.includes(text));
  return news === undefined
    ? ''
    : findingsText(
        waitsAlong(search, news.path, scenario.threads).filter(
          ({ cause }) => cause !== 'not-ready',
        ),
      );
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
