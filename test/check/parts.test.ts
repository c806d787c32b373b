import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dpor, type Part } from '../../src/check/dpor.ts';
import { explore, type Subject } from '../../src/check/explore.ts';
import { Parts } from '../../src/check/parts.ts';
import { actions } from './arbitrary.ts';
import { found, lock, threads, unlock, write } from './support.ts';

/**
 * Explores in slices of so many executions, each part as JSON, with several parts taken at once and
 * finished in the order that `pick` says.
 */
function inSlices(
  subject: Subject<string>,
  slice: number,
  pick: (count: number) => number,
): { outcomes: string[]; executions: number } {
  const parts = new Parts();
  const outcomes = new Set<string>();
  let executions = 0;
  const run = (part: Part | null): Dpor => {
    const strategy = new Dpor(part === null ? null : (JSON.parse(JSON.stringify(part)) as Part));
    let left = slice;
    for (const { result, error, extent } of explore(subject, strategy)) {
      if (extent !== 'redundant') {
        executions++;
        outcomes.add(result ?? String(error));
      }
      if (--left === 0) break;
    }
    return strategy;
  };
  parts.add(run(null).leave().rest);
  const taken: { part: Part; done: Dpor }[] = [];
  while (!parts.isDone) {
    while (taken.length < 3) {
      const part = parts.take();
      if (part === null) break;
      taken.push({ part, done: run(part) });
    }
    const [next] = taken.splice(pick(taken.length), 1);
    if (next === undefined) throw new Error('nothing is taken and something is left');
    parts.finish(next.part, next.done.leave());
  }
  return { outcomes: [...outcomes].sort(), executions };
}

describe('an exploration in parts', () => {
  /** What --workers and --resume rest on: nothing is left out, and next to nothing done twice. */
  test('finds the same outcomes as one in a piece, on generated programs', () => {
    let once = 0;
    let cut = 0;
    fc.assert(
      fc.property(
        fc.array(actions, { minLength: 2, maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat(2)),
        (lists, slice, numbers) => {
          const program = threads(lists);
          const whole = found(program, new Dpor(), 300);
          if (whole.executions > 300) return;
          const pick = (count: number): number => numbers.next().value % count;
          const { outcomes, executions } = inSlices(program, slice, pick);
          expect(outcomes).toEqual(whole.outcomes);
          expect(executions).toBeGreaterThanOrEqual(whole.executions);
          once += whole.executions;
          cut += executions;
        },
      ),
      { seed: 7, numRuns: 300 },
    );
    expect(cut / once).toBeLessThan(1.25);
  }, 60_000);

  test('has the same number of executions where threads take turns in one section', () => {
    const program = threads([0, 1, 2].map(() => [lock(0), write(0), unlock(0)]));
    expect(inSlices(program, 1, () => 0).executions).toBe(6);
  });
});
