/**
 * A bound on how long a program runs without a system call. Its steps are counted in its calls, so
 * that a loop which makes none is ended by nothing else, and keeps Ctrl-C from being heard of.
 */
import { Script } from 'node:vm';
import { current } from '../kernel/current.ts';
import type { Pausing } from '../sim/pause.ts';

/** A program has made no call for so long that it never will. */
export class Unstoppable extends Error {
  override readonly name: string = 'Unstoppable';

  constructor(ms: number) {
    super(
      `${current.comm} is in its own code, and has made no system call for ${ms / 1000} s: expected one ` +
        'in each loop that waits, as nobody else runs in between (sched_yield lets them)',
    );
  }
}

/** A turn of work lasts a second at most. */
const patienceMs = 20_000;

/** The engine ends only what it has begun as a script, and a script sees what is global. */
const script: Script = new Script('epollsimTurn()');
const globals = globalThis as { epollsimTurn?: () => unknown };

/**
 * As `work`, each turn of which has to end in time.
 *
 * @throws Unstoppable where one does not
 */
export function* inTime<T>(work: Pausing<T>, ms: number = patienceMs): Pausing<T> {
  for (;;) {
    const step = turn(work, ms);
    if (step.done === true) return step.value;
    yield null;
  }
}

function turn<T>(work: Pausing<T>, timeout: number): IteratorResult<null, T> {
  globals.epollsimTurn = () => work.next();
  try {
    return script.runInThisContext({ timeout }) as IteratorResult<null, T>;
  } catch (error) {
    if (!wasEnded(error)) throw error;
    current.kernel.running = false; // Its machine was left where it stood, and others may be made.
    throw new Unstoppable(timeout);
  }
}

const wasEnded = (error: unknown): boolean =>
  error instanceof Error &&
  (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
