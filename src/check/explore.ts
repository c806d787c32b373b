/**
 * Runs executions, one after the other, until the strategy has no more of them.
 *
 * Stateless: each execution begins anew on a machine of its own, along the choices of the strategy.
 */
import { restartIdentities } from '../kernel/footprint.ts';
import { GoesRound, OutOfSteps } from '../kernel/steps.ts';
import type { Machine } from '../sim/machine.ts';
import { type Pausing, pauseNeeded } from '../sim/pause.ts';
import type { Memory, SharedMemory } from '../sim/schedule.ts';
import { Course } from './execution.ts';
import { type LibertyOptions, libertiesOf, type TakenLiberty, takenLiberty } from './liberties.ts';
import type { ContextId } from './order.ts';
import { manyRounds, Spinning } from './spinning.ts';
import type { Strategy } from './strategy.ts';

/** What is explored: makes a fresh machine that obeys `course`, with something on it to run. */
export type Subject<T> = (course: Course) => Trial<T>;

export interface Trial<T> {
  readonly machine: Machine;
  /**
   * Runs the machine to its end; what came of it. What it throws ends the execution. Null where the
   * machine has paused (sim/pause.ts): this is called again when JavaScript has come to rest.
   */
  run(): T | null;
}

/** One execution that is over. */
export interface Explored<T> {
  readonly machine: Machine;
  /** Null if it threw `error`. */
  readonly result: T | null;
  readonly error: unknown;
  readonly steps: number;
  /** Who took each of them. */
  readonly path: readonly ContextId[];
  /** How many times a context was made to wait that could have gone on. */
  readonly preemptions: number;
  /** What the kernel did and need not have done. */
  readonly liberties: readonly TakenLiberty[];
  /** `whole`: to its end; `redundant`: left where it could only repeat another; `long`: out of steps. */
  readonly extent: 'whole' | 'redundant' | 'long';
}

export interface ExploreOptions extends LibertyOptions {
  /** Do tasks share variables of their program? Unless told otherwise, yes. */
  readonly sharedMemory?: SharedMemory | undefined;
  /** `sc` unless told otherwise. */
  readonly memory?: Memory | undefined;
  /**
   * How many times a thread has to make the same calls with the same answers, with nobody else going
   * on, to be taken for one that waits for others; see spinning.ts. 32 unless told otherwise;
   * Infinity for a program without such loops.
   */
  readonly rounds?: number | undefined;
}

/** `throw null`, which would be taken for no error at all. */
class NothingThrown extends Error {
  override readonly name: string = 'Error';

  constructor(thrown: unknown) {
    super(String(thrown));
  }
}

const noLiberties: readonly TakenLiberty[] = [];

/** The executions, one after the other; an Error for a program that is an async function. */
export function* explore<T>(
  subject: Subject<T>,
  strategy: Strategy,
  options: ExploreOptions = {},
): Generator<Explored<T>, void, void> {
  for (const execution of exploring(subject, strategy, options)) {
    if (execution === null) throw pauseNeeded();
    yield execution;
  }
}

/** As explore(), and null wherever JavaScript has to come to rest before it goes on. */
export function* exploring<T>(
  subject: Subject<T>,
  strategy: Strategy,
  options: ExploreOptions = {},
): Generator<Explored<T> | null, void, void> {
  const { memory = 'sc', rounds = manyRounds, sharedMemory = true } = options;
  const spinning = Number.isFinite(rounds) ? new Spinning(rounds) : null;
  while (strategy.begin()) {
    spinning?.begin();
    for (;;) {
      restartIdentities();
      const course = new Course(strategy, sharedMemory, memory, spinning, libertiesOf(options));
      const trial = subject(course);
      let result: T | null = null;
      let error: unknown = null;
      try {
        result = trial.run();
        for (; trial.machine.isPaused; result = trial.run()) yield null;
      } catch (thrown) {
        error = thrown ?? new NothingThrown(thrown);
      }
      if (spinning?.isAsked !== true) {
        yield exploredOn(course, trial, result, error);
        break;
      }
      yield* spinning.answer(subject, options);
      strategy.again?.();
    }
  }
}

/** What the execution has come to. */
function exploredOn<T>(
  course: Course,
  { machine }: Trial<T>,
  result: T | null,
  error: unknown,
): Explored<T> {
  course.end(machine.kernel);
  const { steps, path, preemptions } = course;
  const redundant = course.cut || error instanceof GoesRound;
  const extent = redundant ? 'redundant' : error instanceof OutOfSteps ? 'long' : 'whole';
  const liberties = course.taken.length === 0 ? noLiberties : course.taken.map(takenLiberty);
  return { machine, result, error, steps, path, preemptions, liberties, extent };
}

/** The first execution; null if there is none. */
export function* firstOf<T>(
  subject: Subject<T>,
  strategy: Strategy,
  options: ExploreOptions = {},
): Pausing<Explored<T> | null> {
  for (const execution of exploring(subject, strategy, options)) {
    if (execution !== null) return execution;
    yield null;
  }
  return null;
}
