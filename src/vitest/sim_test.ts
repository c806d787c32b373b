/**
 * simTest(): a program on one schedule, or on some, as a test.
 *
 *     simTest('every byte arrives', { seeds: 20, kernel: '5.10' }, function* (sys) { … });
 *     simTest('every byte arrives', async (sys, { machine }) => { … });
 */
import type { TestContext } from 'vitest';
import { courseAlong } from '../check/along.ts';
import { Replay } from '../check/replay.ts';
import { kernelAlong, readSchedule } from '../check/schedule_text.ts';
import { Machine, type MachineOptions } from '../sim/machine.ts';
import { checkOptions } from '../sim/options.ts';
import { type Pausing, running } from '../sim/pause.ts';
import { endingOf } from '../sim/report.ts';
import type { Schedule } from '../sim/schedule.ts';
import { defaultMaxSteps, NeverEnds } from '../sim/simulate.ts';
import { inWords } from '../syscalls/found.ts';
import {
  type Given,
  type ProgramSettings,
  type ProgramTest,
  programTest,
  settingNames,
  withoutSettings,
} from './program_test.ts';
import { explained } from './sim_failure.ts';

/** What simTest() can be told: what the machine is like, and what vitest is to know of the test. */
export interface SimTestOptions
  extends ProgramSettings,
    Omit<MachineOptions, 'schedule' | 'seed' | 'tracer'> {
  /** The schedule and all else that is left to chance; 0 unless told otherwise: in order. */
  readonly seed?: number | undefined;
  /** Several seeds, one after the other: 20 means 0 to 19. The first that fails ends the test. */
  readonly seeds?: number | readonly number[] | undefined;
  /** The one that a schedule in words describes, as a failure of checkTest() prints it; or one of your own. */
  readonly schedule?: string | Schedule | undefined;
}

/** The context of vitest, and the machine that the program runs on. */
export interface SimContext extends TestContext {
  /** The machine that the program runs on. */
  readonly machine: Machine;
}

/**
 * A test that runs `program` as the first thread of a machine of its own, to its end: until it returns
 * and nothing can happen any more. It fails where the program throws, never ends, or loops for more
 * than `maxSteps` steps (1 million unless told otherwise).
 *
 * A failure shows what has happened, as a table, who sleeps and why, and how to run it again.
 *
 * @throws TypeError, RangeError when the test is defined, for options that do not fit
 */
export const simTest: ProgramTest<SimTestOptions, SimContext> = programTest({
  name: 'simTest',
  check,
  settings: () => ({}),
  run,
});

/** A machine's options, and how a failure says how to get the same again. */
export interface Setting {
  /** Made anew for each machine. */
  options(): MachineOptions;
  /** The execution is over; throws where a schedule goes on. */
  end(): void;
  readonly name: string;
  readonly again: string;
}

function check(options: SimTestOptions): void {
  const { seed, seeds, schedule, ...machine } = withoutSettings(options);
  const given = Object.entries({ seed, seeds, schedule }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length > 1) {
    const names = given.map(([name]) => name).join(' and ');
    throw new TypeError(`simTest: expected one of seed, seeds and schedule, found ${names}`);
  }
  if (typeof seeds === 'number' && !(Number.isSafeInteger(seeds) && seeds > 0)) {
    throw new RangeError(`simTest: seeds: expected 1 or more, found ${inWords(seeds)}`);
  }
  if (typeof schedule === 'string') readSchedule(schedule.trim());
  else if (schedule !== undefined) checkOptions({ schedule });
  for (const one of seedsOf({ seeds, seed })) checkOptions({ seed: one });
  checkOptions(machine, ['seeds', 'fakeTime', ...settingNames]);
}

function seedsOf({ seed = 0, seeds }: Pick<SimTestOptions, 'seed' | 'seeds'>): readonly number[] {
  if (typeof seeds === 'number') return Array.from({ length: seeds }, (_, i) => i);
  if (seeds === undefined) return [seed];
  if (Array.isArray(seeds) && seeds.length > 0) return seeds;
  throw new TypeError(
    `simTest: seeds: expected how many, or a list of them, found ${inWords(seeds)}`,
  );
}

function settingsOf({ seed, seeds, schedule, ...rest }: SimTestOptions): Setting[] {
  const machine = { maxSteps: defaultMaxSteps, ...withoutSettings(rest) };
  if (typeof schedule === 'string') return [alongText(schedule, machine)];
  if (schedule !== undefined) return [alongOwn(schedule, machine)];
  return seedsOf({ seed, seeds }).map((one) => ({
    options: () => ({ ...machine, seed: one }),
    end: () => {},
    name: one === 0 ? 'with seed 0: each thread runs until it sleeps' : `with seed ${one}`,
    again: `seed: ${one} among the options of simTest()`,
  }));
}

function alongText(schedule: string, machine: MachineOptions): Setting {
  const document = readSchedule(schedule.trim());
  const { steps } = document;
  const release = kernelAlong(document, machine);
  let replay = new Replay(steps);
  return {
    options: () => {
      replay = new Replay(steps);
      replay.begin();
      return { ...machine, ...release, cpus: 1, schedule: courseAlong(replay, document) };
    },
    end: () => replay.end(),
    name: 'along the schedule',
    again: 'the same schedule',
  };
}

const alongOwn = (schedule: Schedule, machine: MachineOptions): Setting => {
  let isFirst = true;
  return {
    options: () => {
      const next = isFirst ? schedule : schedule.again?.();
      isFirst = false;
      if (next === undefined) throw new Error('the schedule cannot be had again');
      return { ...machine, schedule: next };
    },
    end: () => {},
    name: 'with a schedule of its own',
    again: 'the same schedule',
  };
};

function* run(given: Given<SimTestOptions>): Pausing<void> {
  for (const setting of settingsOf(given.options)) {
    const machine = new Machine(setting.options());
    try {
      yield* runOn(machine, given, running(machine));
      setting.end();
    } catch (error) {
      const again = (made: Machine, traced: Pausing<unknown>): Pausing<void> =>
        runOn(made, given, traced);
      throw yield* explained(error, machine, setting, again);
    }
  }
}

/** Lets the program run on a machine; throws what ends it before its time. */
function* runOn(
  machine: Machine,
  { args, context, site, style }: Given<SimTestOptions>,
  work: Pausing<unknown>,
): Pausing<void> {
  const mine = Object.assign(Object.create(context), { machine }) as SimContext;
  const its = args.map((arg) => (arg === context ? mine : arg));
  const spawned = machine.spawn(style.codeWith(its));
  yield* work;
  const { result } = spawned;
  if (result?.how === 'returned') return;
  if (result === null) throw definedAt(site, new NeverEnds(machine.asleep()));
  throw definedAt(site, new Error(`the program ${endingOf(result)} before it returned`));
}

/** An error that was made here has to do with the test as a whole. */
export function definedAt(site: string, error: Error): Error {
  error.stack = `${error.name}: ${error.message}\n${site}`;
  return error;
}
