import { expect, test } from 'vitest';
import { Pct, RandomWalk } from '../../src/check/random.ts';
import type { Choosing } from '../../src/check/strategy.ts';

const both: Omit<Choosing, 'preferred' | 'goesOn'> = {
  possible: [1, 2],
  free: 0,
  targetOf: Number,
  describe: String,
};

/** How many times another context goes on, in each of four executions of 200 steps. */
function changes(walk: RandomWalk): number[] {
  const counts: number[] = [];
  while (walk.begin()) {
    let count = 0;
    let last = 1;
    for (let i = 0; i < 200; i++) {
      const next = walk.choose({ ...both, preferred: last, goesOn: true });
      if (next !== last) count++;
      last = next;
    }
    counts.push(count);
  }
  return counts;
}

/** Where every step is anybody's, no call is ever over before another one has begun. */
test('Random executions change between contexts often, or seldom, by turns', () => {
  const [often = 0, ...seldom] = changes(new RandomWalk(1, 4));

  expect(often).toBeGreaterThan(80);
  for (const count of seldom) expect(count).toBeLessThan(40);
  expect(Math.min(...seldom)).toBeGreaterThan(0);
});

/** A finding is reported by its seed and its number. */
test.each([
  ['random', (seed: number) => new RandomWalk(seed, 6)],
  ['pct', (seed: number) => new Pct(seed, 6)],
])('The same seed gives the same executions, another one others: %s', (_, make) => {
  const pathsOf = (strategy: RandomWalk | Pct): string => {
    let path = '';
    while (strategy.begin()) {
      for (let i = 0; i < 60; i++)
        path += strategy.choose({ ...both, preferred: 1, goesOn: false });
    }
    return path;
  };

  expect(pathsOf(make(1))).toBe(pathsOf(make(1)));
  expect(pathsOf(make(1))).not.toBe(pathsOf(make(2)));
});
