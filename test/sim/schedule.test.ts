import { expect, test } from 'vitest';
import { inOrder, Random, randomSchedule } from '../../src/sim/schedule.ts';

const choices = (...since: number[]) => since.map((at) => ({ since: at }));

/** Without a schedule of its own a program runs as if it had all time: first come, first served. */
test('inOrder chooses who has been runnable for longest', () => {
  expect(inOrder.choose(choices(5, 2, 9))).toBe(1);
  expect(inOrder.choose(choices(2, 2))).toBe(0);
});

/** A seed in a bug report must give the same run on every machine, for ever. */
test('Random gives the known numbers of mulberry32', () => {
  const random = new Random(42);

  expect(Array.from({ length: 6 }, () => random.below(1000))).toEqual([
    601, 448, 852, 669, 174, 526,
  ]);
});

/** A bound that is never reached, and every number below it, or a race would stay hidden. */
test('Random covers every number below its bound and none above', () => {
  const random = new Random(7);
  const seen = new Set(Array.from({ length: 1000 }, () => random.below(5)));

  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
});

/** Two seeds that gave one interleaving would halve the search. */
test('randomSchedule follows from its seed', () => {
  const chosen = (seed: number): string => {
    const schedule = randomSchedule(seed);
    return Array.from({ length: 20 }, () => schedule.choose(choices(1, 2, 3))).join('');
  };

  expect(chosen(1)).toBe(chosen(1));
  expect(chosen(1)).not.toBe(chosen(2));
});

/** NaN and a text would both be the seed 0, and every run the same. */
test.each([['abc'], [Number.NaN], [undefined], [1.5]])('%o is no seed', (seed) => {
  expect(() => randomSchedule(seed as number)).toThrow('seed: expected an integer, found');
});
