/** What a failure of checkTest() says: what was found and how to see it again, or what was not covered. */
import { type CheckOptions, type Finding, subjectOf, type Verdict } from '../check/check.ts';
import type { Problem } from '../check/detectors/index.ts';
import { firstOf } from '../check/explore.ts';
import { Replay } from '../check/replay.ts';
import { readSchedule } from '../check/schedule_text.ts';
import { summary } from '../shared/words.ts';
import type { Pausing } from '../sim/pause.ts';
import { refusal } from '../sim/told.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { appended } from './appended.ts';
import type { CheckTestOptions } from './check_test.ts';
import { findingBody } from './finding_text.ts';
import { definedAt } from './sim_test.ts';
import type { Style } from './style.ts';

/** What is checked, for which test. */
export interface Checked {
  readonly main: (sys: Sys) => Code<unknown>;
  readonly asked: CheckOptions;
  readonly options: CheckTestOptions;
  readonly site: string;
  readonly style: Style;
}

/** The error of a test in which something was found; `file`: where the schedule is kept, in words. */
export function* failure(
  verdict: Verdict,
  finding: Finding,
  file: string | null,
  checked: Checked,
): Pausing<Error> {
  const where = file === null ? '' : `\n\n${file}`;
  const text = `${summary(verdict)}; ${findingBody(finding)}${where}`;
  const thrown =
    finding.kind === 'exception' && finding.repeats ? yield* thrownBy(finding, checked) : null;
  if (thrown !== null) return appended(thrown, text);
  const error = new Error(`${finding.sentence}\n${text}`);
  error.name = finding.kind;
  return definedAt(checked.site, error);
}

/** What the program threw, as it was: with the diff of an assertion of vitest. */
function* thrownBy({ schedule }: Finding, { asked, main }: Checked): Pausing<Error | null> {
  const replay = new Replay(readSchedule(schedule).steps, true);
  const error = (yield* firstOf(subjectOf(main, asked), replay, asked))?.error;
  return error instanceof Error ? error : null;
}

/** What was covered, and what to change. */
export function incompleteText(
  verdict: Verdict,
  { asked, options, style: { isAsync } }: Checked,
): string {
  const { information, limit } = verdict;
  const hints = [
    ...(limit?.limit === 'steps' ? information.filter(isEndless).map(sentenceOf) : []),
    ...(limit?.limit === 'seconds' && options.seconds === undefined
      ? ['"seconds" follows from the timeout of the test: six tenths of it']
      : []),
    ...(isAllShared(asked, isAsync) ? [sharedHint(options, isAsync)] : []),
    "incomplete: 'pass' lets a check pass that has not covered everything",
  ];
  return `${summary(verdict)}\n${limit?.message ?? ''}\n${hints.map((hint) => `- ${hint}`).join('\n')}`;
}

/** What a check that has found nothing has not looked at, as nobody had said so; null if nothing. */
export function leftOut({ ofCalls }: Verdict, { options, style }: Checked): string | null {
  if (!ofCalls || options.sharedMemory !== undefined) return null;
  const reason = style.isAsync ? 'it is an async function' : why();
  return (
    'every interleaving of its calls was covered, each with the code behind it in one go, as ' +
    `${reason}: with "sharedMemory: 'anytime'" others come between, too`
  );
}

const isEndless = ({ kind }: Problem): boolean => kind === 'livelock';
const sentenceOf = ({ sentence }: Problem): string => sentence;

/** What an async function tells of what it shares does not count. */
const isAllShared = ({ sharedMemory }: CheckOptions, isAsync: boolean): boolean =>
  sharedMemory === true || (sharedMemory === 'told' && isAsync);

/** What makes the most difference, as a rule. */
function sharedHint({ sharedMemory }: CheckTestOptions, isAsync: boolean): string {
  const taken = 'threads are taken to share all variables of the program';
  if (sharedMemory === true) {
    return `${taken}: without "sharedMemory: true" there may be far fewer executions`;
  }
  return isAsync
    ? `${taken}, as it is an async function: "sharedMemory: false" if they share none makes far fewer executions`
    : `${taken}, as ${why()}: "sharedMemory: false" if they share none, or epollsim() of epollsim/vitest/plugin among the plugins of vitest, make far fewer executions`;
}

const notRewritten = 'the program was not loaded by the command';
const why = (): string => {
  const reason = refusal();
  if (reason === null) return 'threads have objects in common';
  return reason === notRewritten ? 'nothing says what they share' : reason;
};
