/** What is arranged: a program, on machines of its own. */
import type { Globals } from '../../kernel/globals.ts';
import { OutOfSteps } from '../../kernel/steps.ts';
import { Machine } from '../../sim/machine.ts';
import type { Program } from '../../syscalls/sys.ts';
import { subjectOf } from '../check.ts';
import { type Explored, explore, type Subject, type Trial } from '../explore.ts';
import { RandomWalk } from '../random.ts';
import type { Strategy } from '../strategy.ts';
import { ArrangedSys } from './arranged_sys.ts';
import type { Stage } from './stage.ts';
import type { HerdOptions } from './study.ts';

/** The stage of a machine; made when it is asked for first, before anything runs. */
export type StageMaker = (kernel: Globals) => Stage;

type Executions = Generator<Explored<unknown>, void, void>;

export interface Staging {
  subject(stageOn: StageMaker): Subject<unknown>;
  /** The executions that a strategy asks for. */
  explored(stageOn: StageMaker, strategy: Strategy): Executions;
  /** So many at random. */
  sample(stageOn: StageMaker, seed: number, count: number): Executions;
  readonly isOfProgram: boolean;
  /** There is one interleaving. */
  readonly isFixed: boolean;
  /** It is no program that an error has ended, but something that cannot be run. */
  isRefused?(error: unknown): boolean;
}

/** Where `play` would go on much longer. */
const defaultSteps = 100_000;

export function programStaging(program: Program, options: HerdOptions): Staging {
  const subject =
    (stageOn: StageMaker): Subject<unknown> =>
    (course) => {
      const trial: Trial<unknown> = subjectOf(
        ({ task }) => program(new ArrangedSys(task, trial.machine, stage, 'main')),
        options,
      )(course);
      const stage = stageOn(trial.machine.kernel);
      return trial;
    };
  const explored: Staging['explored'] = (stageOn, strategy) =>
    explore(subject(stageOn), strategy, options);
  return {
    isFixed: false,
    isOfProgram: true,
    subject,
    explored,
    sample: (stageOn, seed, count) =>
      options.memory === 'tso'
        ? explored(stageOn, new RandomWalk(seed, count))
        : played(program, options, stageOn, seed, count),
  };
}

/**
 * The executions of `play --seed N`, for so many N. Time passes only when nothing can run, as on a
 * computer that is quick, while a strategy of the checker lets a timer expire at any moment.
 */
function* played(
  program: Program,
  { kernel, steps = defaultSteps, with: added, without }: HerdOptions,
  stageOn: StageMaker,
  first: number,
  count: number,
): Executions {
  for (let seed = first; seed < first + count; seed++) {
    const machine = new Machine({ kernel, with: added, without, seed, maxSteps: steps });
    const stage = stageOn(machine.kernel);
    machine.spawn(({ task }) => program(new ArrangedSys(task, machine, stage, 'main')));
    let result: unknown = null;
    let error: unknown = null;
    try {
      result = machine.run();
    } catch (thrown) {
      error = thrown;
    }
    const extent = error instanceof OutOfSteps ? 'long' : 'whole';
    yield { machine, result, error, steps: 0, path: [], preemptions: 0, liberties: [], extent };
  }
}
