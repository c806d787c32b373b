/** Interleavings written by hand. */
import type { Execution } from '../../src/kernel/op.ts';
import type { rq } from '../../src/kernel/sched.ts';
import { inOrder, type Runnable, type Schedule } from '../../src/sim/schedule.ts';

/**
 * A thread runs until it is about to carry out `until`, written as `access ep` or
 * `mutex_lock ep->mtx`; it takes at least one step. Without `until` it runs until it sleeps or ends.
 */
export interface Stretch {
  readonly thread: string;
  readonly until?: string;
}

/** What the machine's choices are made of. */
interface Choice extends Runnable {
  readonly queue: rq;
  readonly execution: Execution;
}

const pendingOp = ({ execution: { op } }: Choice): string =>
  op === null ? 'start' : `${op.verb} ${op.target.name}`;

/** One stretch after the other; in order once they are used up. */
export function byHand(stretches: readonly Stretch[]): Schedule {
  let at = 0;
  let steps = 0;
  const next = (): void => {
    at++;
    steps = 0;
  };
  return {
    runsOn: false,
    choose(choices) {
      for (let stretch = stretches[at]; stretch !== undefined; stretch = stretches[at]) {
        const { thread, until } = stretch;
        const index = (choices as readonly Choice[]).findIndex(
          ({ queue }) => queue.curr.comm === thread,
        );
        if (index < 0 && until !== undefined) {
          throw new Error(`stretch ${at}: ${thread} cannot run, and has not reached "${until}"`);
        }
        if (index < 0 || (steps > 0 && pendingOp(choices[index] as Choice) === until)) {
          next();
          continue;
        }
        steps++;
        return index;
      }
      return inOrder.choose(choices);
    },
  };
}
