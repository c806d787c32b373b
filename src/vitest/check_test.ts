/**
 * checkTest(): a program on every schedule, as a test.
 *
 *     checkTest('no wakeup is lost', { kernel: '7.3' }, function* (sys) { … });
 *     checkTest('no wakeup is lost', { kernel: '7.3' }, async (sys) => { … });
 */
import type { TestContext } from 'vitest';
import { type CheckOptions, checkingOf, runCheck, type Verdict } from '../check/check.ts';
import { NotDeterministic } from '../check/determinism.ts';
import { checkCheckOptions, checkRules } from '../check/options.ts';
import { readSchedule, type ScheduleDocument, ScheduleError } from '../check/schedule_text.ts';
import { defaultKernel } from '../kernel/history.ts';
import { count } from '../shared/words.ts';
import type { Pausing } from '../sim/pause.ts';
import type { Rule } from '../sim/rule.ts';
import { ScheduleMismatch } from '../sim/schedule.ts';
import { refusal } from '../sim/told.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { type Checked, failure, incompleteText, leftOut } from './check_failure.ts';
import { shownPath } from './finding_text.ts';
import { KeptSchedule } from './kept.ts';
import {
  type Given,
  type ProgramSettings,
  type ProgramTest,
  programTest,
  type TestSettings,
  withoutSettings,
} from './program_test.ts';
import { definedAt } from './sim_test.ts';

/** What checkTest() can be told: how to check, and what vitest is to know of the test. */
export interface CheckTestOptions extends ProgramSettings, Omit<CheckOptions, 'keep' | 'findings'> {
  /**
   * Only the interleaving that a schedule in words describes, as a failure prints it. Its kernel is
   * the one of the test unless `kernel` says otherwise.
   */
  readonly schedule?: string | undefined;
  /**
   * False: a schedule that fails is not kept in a file, and none is run first. True unless told
   * otherwise, but for tests that are to fail (`.fails`).
   */
  readonly keep?: boolean;
  /** `pass`: what was not covered for want of time is no failure. `fail` unless told otherwise. */
  readonly incomplete?: 'fail' | 'pass';
  /**
   * For how long, in seconds: six tenths of the test's timeout unless told otherwise. The timeout
   * follows from it where none is given.
   */
  readonly seconds?: number | undefined;
}

/**
 * A test that runs `program` on every interleaving that can be told apart, or on those that `strategy`
 * and `preemptions` ask for. It fails where a detector finds something, and where not everything was
 * covered within `seconds`, `executions` and `steps`.
 *
 * A failure shows a short interleaving, why it is so, and the schedule, which is kept in
 * `__schedules__` next to the test and run first from then on.
 *
 * Threads are taken to share all variables of the program, unless `sharedMemory` is
 * false or the plugin of `epollsim/vitest/plugin` makes the program tell of what it shares, which that
 * of an async function cannot.
 *
 * @throws TypeError, RangeError when the test is defined, for options that do not fit
 */
export const checkTest: ProgramTest<CheckTestOptions, TestContext> = programTest({
  name: 'checkTest',
  check,
  settings,
  run,
});

/** Of the timeout of the test, what the check may take; the rest is for showing what was found. */
const share = 0.6;
/** What a short check needs besides. */
const slackMs = 1000;

const rules: Readonly<Record<string, Rule>> = {
  ...checkRules,
  incomplete: { expected: "'fail' or 'pass'", fits: (it) => it === 'fail' || it === 'pass' },
  keep: { expected: 'true or false', fits: (it) => typeof it === 'boolean' },
  fakeTime: { expected: 'true or false', fits: (it) => typeof it === 'boolean' },
};

function check(options: CheckTestOptions): void {
  const { seconds, timeout } = options;
  checkCheckOptions('checkTest', withoutSettings(options), rules);
  if (seconds !== undefined && timeout !== undefined) checkWithin(seconds, timeout);
}

/** Throws where the check would go on when the test is over. 0 is no timeout. */
function checkWithin(seconds: number, timeout: number): void {
  if (timeout === 0 || seconds * 1000 < timeout) return;
  throw new RangeError(
    `checkTest: seconds: expected less than the timeout of the test, ${timeout} ms, found ${seconds}`,
  );
}

function settings({ seconds, timeout }: CheckTestOptions): TestSettings {
  if (seconds === undefined || timeout !== undefined) return {};
  return { timeout: Math.ceil((seconds * 1000) / share) + slackMs };
}

function* run(given: Given<CheckTestOptions>): Pausing<void> {
  try {
    yield* checkProgram(given);
  } catch (error) {
    const isOfAll = error instanceof NotDeterministic || error instanceof ScheduleMismatch;
    throw isOfAll ? definedAt(given.site, error) : error;
  }
}

function* checkProgram(given: Given<CheckTestOptions>): Pausing<void> {
  const { args, context, options, site, style } = given;
  const main = style.codeWith(args);
  const asked = checkOptionsOf(options, context, style.tells);
  const checked: Checked = { main, asked, options, site, style };
  if (asked.schedule !== undefined) {
    yield* judge(yield* runCheck(checkingOf(main, asked)), checked, () => null);
    return;
  }
  const keeps = options.keep !== false && context.task.fails !== true;
  const kept = keeps ? new KeptSchedule(context) : null;
  const first = kept === null ? null : yield* keptVerdict(main, asked, kept);
  if (first !== null && first.verdict.findings.length > 0) {
    yield* judge(first.verdict, checked, () => `it was kept in ${shownPath(first.path)}`);
  }
  const verdict = yield* runCheck(checkingOf(main, asked));
  yield* judge(verdict, checked, (schedule) =>
    kept?.write(schedule) === true
      ? `kept in ${shownPath(kept.path)}: it is run first from now on`
      : null,
  );
  if (first !== null && kept !== null) sayPassed(first, kept, verdict);
  const left = leftOut(verdict, checked);
  if (left !== null) void context.annotate(left); // Shown where a reporter is asked to be verbose.
}

/** Throws for what was found, which `keep` may keep: in words where; and for what was not covered. */
function* judge(
  verdict: Verdict,
  checked: Checked,
  keep: (schedule: string) => string | null,
): Pausing<void> {
  const [finding] = verdict.findings;
  if (finding !== undefined) {
    const file = finding.repeats ? keep(finding.schedule) : null;
    throw yield* failure(verdict, finding, file, checked);
  }
  const { options, site } = checked;
  if (covered(verdict) || options.incomplete === 'pass') return;
  throw definedAt(site, new Error(incompleteText(verdict, checked)));
}

/** The options of check(), with those of a test turned into them. */
function checkOptionsOf(
  options: CheckTestOptions,
  { task }: TestContext,
  tells: boolean,
): CheckOptions {
  const { incomplete: _, keep: __, ...rest } = withoutSettings(options);
  if (options.seconds !== undefined) checkWithin(options.seconds, task.timeout);
  const seconds = options.seconds ?? secondsWithin(task.timeout);
  const sharedMemory = options.sharedMemory ?? (tells && refusal() === null ? 'told' : true);
  return { ...rest, seconds, sharedMemory, findings: 'first' };
}

/** Undefined for a test without a timeout. */
const secondsWithin = (timeout: number): number | undefined =>
  timeout > 0 && Number.isFinite(timeout) ? (timeout * share) / 1000 : undefined;

// Chance never covers everything; then it is enough that no limit ended it before its time.
const covered = ({ complete, limit, strategy }: Verdict): boolean =>
  strategy === 'exhaustive' ? complete : limit === null;

// ── A schedule that was kept ─────────────────────────────────────────────────────────────────────

interface KeptVerdict {
  readonly path: string;
  readonly verdict: Verdict;
  /** How many of its steps no longer fit. */
  readonly departures: number;
}

/** What comes of a schedule that was kept; null where there is none, or none that could be run. */
function* keptVerdict(
  main: (sys: Sys) => Code<unknown>,
  asked: CheckOptions,
  kept: KeptSchedule,
): Pausing<KeptVerdict | null> {
  const { path } = kept;
  const document = keptDocument(kept);
  if (document === null) return null;
  const other = otherKernel(document, asked) ?? otherLiberties(document, asked);
  if (other !== null) {
    note(`the schedule in ${shownPath(path)} is passed over: ${other}`);
    return null;
  }
  const schedule = kept.read() ?? '';
  const checking = checkingOf(main, {
    ...asked,
    strategy: 'replay',
    schedule,
    mismatch: 'go on',
    memory: document.memory,
    preemptions: undefined,
  });
  const verdict = yield* runCheck(checking);
  return { path, verdict, departures: checking.departures.length };
}

function keptDocument(kept: KeptSchedule): ScheduleDocument | null {
  const text = kept.read();
  if (text === null) return null;
  try {
    return readSchedule(text);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    note(`the schedule in ${shownPath(kept.path)} is passed over: ${error.message}`);
    return null;
  }
}

/** In words, that a schedule is of another kernel than the one asked for; null if it is of that. */
function otherKernel(document: ScheduleDocument, asked: CheckOptions): string | null {
  const text = (one: Pick<CheckOptions, 'kernel' | 'with' | 'without'>): string =>
    [
      one.kernel || defaultKernel,
      ...(one.with ?? []).map((id) => `with ${id}`),
      ...(one.without ?? []).map((id) => `without ${id}`),
    ].join(' ');
  const [its, ours] = [text(document), text(asked)];
  return its === ours ? null : `it is of kernel ${its}, and the test of ${ours}`;
}

/** In words, that a schedule needs liberties that are not allowed; null if it does not. */
function otherLiberties(
  { liberties }: ScheduleDocument,
  { liberties: allowed = [] }: CheckOptions,
): string | null {
  if (allowed === 'all') return null;
  const more = (liberties ?? []).filter((kind) => !allowed.includes(kind));
  if (more.length === 0) return null;
  const those = allowed.join(', ') || 'no liberties';
  return `it needs ${more.join(', ')}, and the test allows the kernel ${those}`;
}

function sayPassed({ departures, path }: KeptVerdict, kept: KeptSchedule, verdict: Verdict): void {
  // Where chance chooses, it is worth more than what is chosen anew.
  if (!verdict.complete && departures === 0) return;
  const fits =
    departures === 0 ? '' : `, and ${count(departures, 'step')} of it no longer fit the program`;
  const then = kept.drop() ? 'it was deleted' : 'it can be deleted, as vitest -u does';
  note(`nothing is found any more along the schedule in ${shownPath(path)}${fits}: ${then}`);
}

const note = (text: string): void => console.warn(`epollsim: ${text}`);
