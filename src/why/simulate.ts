/**
 * One program on a machine of its own: where it sleeps for ever, the error says why nobody woke it.
 *
 * Only then it is run a second time, with somebody who listens. What it does to things outside of
 * itself it does twice; where that makes it go another way, nothing is said.
 */
import { Machine, type MachineOptions } from '../sim/machine.ts';
import { type Pausing, withoutPause } from '../sim/pause.ts';
import type { Report, Sleeper } from '../sim/report.ts';
import { defaultMaxSteps, NeverEnds, simulating as simulatingOnce } from '../sim/simulate.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { runningTraced } from '../trace/run.ts';
import { sleepOf } from './answer.ts';
import { History } from './history.ts';
import { findingsText } from './text.ts';

/**
 * Runs a program and all its threads; what the program returned. Throws what it throws, and an
 * error that says who sleeps where, and why, if it never comes to its end, or where it loops after
 * `maxSteps`, which is 1 million here unless told otherwise.
 *
 * @throws TypeError for options that cannot be meant, and for a call without its `yield*`
 * @throws RangeError for a value that an option cannot have, as an unknown kernel
 * @throws OutOfSteps after `maxSteps` steps
 * @throws Error that says who sleeps where, and why, if the program never comes to its end
 */
export const simulate = <T>(program: (sys: Sys) => Code<T>, options: MachineOptions = {}): T =>
  withoutPause(simulating(program, options));

/** As simulate(), with pauses. */
export function* simulating<T>(
  program: (sys: Sys) => Code<T>,
  options: MachineOptions = {},
): Pausing<T> {
  try {
    return yield* simulatingOnce(program, options);
  } catch (error) {
    if (error instanceof NeverEnds) yield* explain(error, program, options);
    throw error;
  }
}

/** Appends why the sleepers sleep, to what a test runner shows. */
function* explain(
  error: NeverEnds,
  program: (sys: Sys) => Code<unknown>,
  options: MachineOptions,
): Pausing<void> {
  const reasons = yield* reasonsOf(error.asleep, program, options);
  if (reasons === '') return;
  const { message, stack } = error;
  error.message = `${message}\n${reasons}`;
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
}

/** Empty where a second execution is not to be had, or goes another way. */
function* reasonsOf(
  asleep: readonly Sleeper[],
  program: (sys: Sys) => Code<unknown>,
  options: MachineOptions,
): Pausing<string> {
  const { schedule, ...others } = options;
  const fresh = schedule?.again?.();
  if ((schedule !== undefined && fresh === undefined) || others.tracer !== undefined) return '';
  const choice = fresh === undefined ? {} : { schedule: fresh };
  try {
    const again = { maxSteps: defaultMaxSteps, ...others, ...choice };
    return yield* sleepersIn(program, again, (report) => isSame(report.asleep, asleep));
  } catch {
    return '';
  }
}

/** Why those sleep who do so when a program is run once more; empty where it goes another way. */
export function* sleepersIn(
  program: (sys: Sys) => Code<unknown>,
  options: MachineOptions,
  isAsBefore: (report: Report) => boolean,
): Pausing<string> {
  const history = new History();
  const machine = new Machine(options);
  machine.spawn(program);
  const report = yield* runningTraced(machine, history);
  if (!isAsBefore(report)) return '';
  return findingsText(report.asleep.flatMap(({ name }) => sleepOf(name, history)));
}

const isSame = (one: readonly Sleeper[], other: readonly Sleeper[]): boolean =>
  one.length === other.length &&
  one.every(({ at, call, name, since_ns }, i) => {
    const there = other[i];
    return (
      there?.name === name && there.call === call && there.at === at && there.since_ns === since_ns
    );
  });
