/**
 * One program on a machine of its own, for those who want to know what it returns and no more.
 */
import { checkProgram } from '../syscalls/arguments.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { Machine, type MachineOptions } from './machine.ts';
import { checkOptions } from './options.ts';
import { type Pausing, running } from './pause.ts';
import { endingOf, type Sleeper, sleeperText } from './report.ts';

/** Ends what loops for ever in a fraction of a second, before a test runner loses its patience. */
export const defaultMaxSteps = 1_000_000;

/** A program sleeps for ever. */
export class NeverEnds extends Error {
  /** Everybody who sleeps. */
  readonly asleep: readonly Sleeper[];

  constructor(asleep: readonly Sleeper[]) {
    super(`the program never ends: ${asleep.map(sleeperText).join(', ')}`);
    this.asleep = asleep;
  }
}

/**
 * Runs a program and all its threads, with pauses; what the program returned. Throws what it throws,
 * and an error that says who sleeps where if it never comes to its end, or where it loops after
 * `maxSteps`, which is 1 million here unless told otherwise.
 */
export function* simulating<T>(
  program: (sys: Sys) => Code<T>,
  options: MachineOptions = {},
): Pausing<T> {
  checkProgram('simulate', program);
  checkOptions(options);
  const { maxSteps = defaultMaxSteps } = options;
  const machine = new Machine({ ...options, maxSteps });
  const spawned = machine.spawn(program);
  const { asleep } = yield* running(machine);
  const { result } = spawned;
  if (result?.how === 'returned') return result.value;
  if (result === null) throw new NeverEnds(asleep);
  throw new Error(`the program returned nothing: it ${endingOf(result)}`);
}
