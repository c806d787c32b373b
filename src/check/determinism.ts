/**
 * A program has to go the same way whenever it is run along the same steps: an execution is found by
 * running the one before again, up to where another context goes on.
 */
import type { ContextId } from './order.ts';
import type { Choosing } from './strategy.ts';
import { eachOnce } from './words.ts';

/** Why a program goes another way when it is run again, and what to do about it. */
export const whyAnotherWay: readonly string[] = [
  'most likely it keeps something outside of itself, which one execution leaves to the next (a variable beside the ' +
    'program, a counter, a cache), or asks for what is different each time (Math.random(), Date)',
  "put what it keeps into the program's function, so that each execution begins anew; take chance from a seed, and time " +
    'from clock_gettime() or fakeTime',
];

/**
 * The program did not go the same way when it was run again, so that nothing can be said of all its
 * interleavings.
 */
export class NotDeterministic extends Error {
  override readonly name: string = 'NotDeterministic';

  /** `steps`: how many were the same. `now`: what it can do then, in words; none: not known. */
  constructor(steps: number, now: readonly string[]) {
    const same = `for ${steps} step${steps === 1 ? '' : 's'} all is as before`;
    const next = now.length === 0 ? '' : `, and then can follow ${now.join(', or ')}`;
    super(
      [`the program goes another way when it is run again: ${same}${next}`, ...whyAnotherWay].join(
        '\n',
      ),
    );
  }
}

/** Where some could go on, can the same ones? */
export function isSame(before: readonly ContextId[], now: readonly ContextId[]): boolean {
  if (before.length !== now.length) return false;
  for (let i = 0; i < before.length; i++) if (before[i] !== now[i]) return false;
  return true;
}

/** What to throw where other contexts can go on than did when the same steps had been taken before. */
export const anotherWay = (steps: number, choosing: Choosing): NotDeterministic =>
  new NotDeterministic(
    steps,
    eachOnce(choosing.possible.map((context) => choosing.describe(context))),
  );
