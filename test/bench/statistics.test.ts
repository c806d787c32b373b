import { expect, test } from 'vitest';
import { geometricMean, quantile, summarise } from '../../bench/statistics.ts';

test('the median of an even number of values lies between the two in the middle', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
});

test('the spread is what lies between the quartiles, as a share of the median', () => {
  expect(summarise([1, 2, 3, 4, 5])).toEqual({ median: 3, spread: 2 / 3 });
});

/** Twice as fast and twice as slow are, on average, as fast. */
test('the geometric mean of 2 and one half is 1', () => {
  expect(geometricMean([2, 0.5])).toBeCloseTo(1);
});
