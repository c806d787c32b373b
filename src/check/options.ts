/** What a check can be told, looked at before anything runs. */
import { machineRules } from '../sim/options.ts';
import { isObject, type Rule, refuseUnknown } from '../sim/rule.ts';
import { refusal } from '../sim/told.ts';
import type { CheckOptions } from './check.ts';
import { detectorNames } from './detectors/index.ts';
import { checkLiberties } from './liberties.ts';
import { readSchedule } from './schedule_text.ts';

const oneOf = (...values: readonly unknown[]): Rule => ({
  expected: `one of ${values.map((value) => (typeof value === 'string' ? `'${value}'` : value)).join(', ')}`,
  fits: (value) => values.includes(value),
});

const atLeast = (least: number): Rule => ({
  expected: `${least} or more`,
  fits: (value) => typeof value === 'number' && value >= least,
});

const count: Rule = {
  expected: 'an integer, 0 or more',
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};

/** checkLiberties() says what is wrong with it. */
const anything: Rule = { expected: 'anything', fits: () => true };

const { kernel, with: added, without, seed } = machineRules;

/** A rule for each option of check(). */
export const checkRules: Readonly<Record<keyof CheckOptions, Rule>> = {
  kernel,
  with: added,
  without,
  strategy: oneOf('exhaustive', 'pct', 'random', 'replay'),
  preemptions: count,
  seed,
  schedule: { expected: 'a schedule as a text', fits: (value) => typeof value === 'string' },
  mismatch: oneOf('stop', 'go on'),
  executions: atLeast(1),
  steps: atLeast(1),
  seconds: { expected: 'more than 0', fits: (value) => typeof value === 'number' && value > 0 },
  findings: oneOf('first', 'all'),
  sharedMemory: oneOf(true, false, 'told', 'anytime'),
  memory: oneOf('sc', 'tso'),
  rounds: atLeast(2),
  liberties: anything,
  maxLiberties: anything,
  off: {
    expected: `an array of ${detectorNames.join(', ')}`,
    fits: (value) => Array.isArray(value) && value.every((name) => detectorNames.includes(name)),
  },
  strict: oneOf(true, false),
  keep: count,
  machine: { expected: 'an object with options of a machine', fits: isObject },
};

const checkersOwn: ReadonlySet<string> = new Set(['schedule', 'cpus', 'maxSteps', 'tracer']);

const rulesOfMachine = Object.fromEntries(
  Object.entries(machineRules).filter(([key]) => !checkersOwn.has(key)),
);

/**
 * Throws for the first option that no check can be made with; `what` is called.
 *
 * @throws TypeError for an option that is not known, and for two that do not go together
 * @throws RangeError for a value that cannot be meant
 * @throws ScheduleError for a schedule that cannot be read
 */
export function checkCheckOptions(
  what: string,
  options: Omit<CheckOptions, 'keep'>,
  rules: Readonly<Record<string, Rule>> = checkRules,
): void {
  if (!isObject(options)) refuseUnknown(what, { options }, { options: anObject });
  refuseUnknown(what, options, rules);
  checkLiberties(options);
  const { machine, preemptions, schedule, strategy } = options;
  if (machine !== undefined) refuseUnknown(`${what}: machine`, machine, rulesOfMachine);
  if (schedule !== undefined) {
    readSchedule(schedule.trim());
    goesWith(what, 'schedule', strategy, 'replay');
  } else if (strategy === 'replay') {
    throw new TypeError(`${what}: expected a schedule to replay, found none`);
  }
  if (preemptions !== undefined) goesWith(what, 'preemptions', strategy, 'exhaustive');
}

/**
 * A program that says nothing would be taken for one whose threads share nothing. It is known when its
 * modules have been loaded.
 *
 * @throws TypeError for `told` where it does not
 */
export function checkTold(what: string, { sharedMemory }: CheckOptions): void {
  const reason = sharedMemory === 'told' ? refusal() : null;
  if (reason === null) return;
  throw new TypeError(
    `${what}: sharedMemory: expected a program that says what its threads share beside 'told', as the ` +
      'command and epollsim() of epollsim/vitest/plugin have it, and true or ' +
      `'anytime' for others; found that ${reason}`,
  );
}

const anObject: Rule = { expected: 'an object', fits: isObject };

function goesWith(what: string, name: string, found: string | undefined, expected: string): void {
  if (found === undefined || found === expected) return;
  throw new TypeError(
    `${what}: ${name}: expected strategy '${expected}' beside it, found '${found}'`,
  );
}
