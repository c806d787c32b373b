/**
 * What an exported test asserts: that the model answers as it did. Where it does not, the failure says
 * why, as `epollsim why` does it; only then the scenario or program is run again, with somebody who listens.
 */
import type { KernelChoice } from '../kernel/history.ts';
import { differenceOf, readTranscript } from '../scenario/difference.ts';
import { parseScenario } from '../scenario/parse.ts';
import { waitsAlong } from '../scenario/parting.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { playTraced } from '../scenario/traced.ts';
import { why } from '../scenario/why.ts';
import { failureText } from '../trace/run.ts';
import { sleepOf } from '../why/answer.ts';
import { History } from '../why/history.ts';
import { findingsText, whyText } from '../why/text.ts';
import { answerOf, searched, searchFor } from './answer.ts';
import { AnswerDiffers, type AnswerOptions } from './program_answer.ts';

/**
 * Does nothing where answerOf() the scenario is what is expected.
 *
 * @throws AnswerDiffers for any other answer
 * @throws ScenarioError for a document that is no scenario
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit
 * @throws NotDeterministic never: a scenario goes the same way each time
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
