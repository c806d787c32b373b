import { expect, test } from 'vitest';
import {
  __assign_bit,
  __clear_bit,
  __set_bit,
  find_next_zero_bit,
  test_bit,
} from '../../src/kernel/bitmap.ts';

/** Descriptor 31 is the sign of its word, and 32 the first of the next: neither is the other. */
test('a bit is set and cleared without its neighbours, across the end of a word', () => {
  const map: number[] = [];
  for (const nr of [30, 31, 32]) __set_bit(nr, map);
  __clear_bit(31, map);
  __assign_bit(33, map, true);
  __assign_bit(30, map, false);

  const set = Array.from({ length: 100 }, (_, nr) => nr).filter((nr) => test_bit(nr, map));

  expect(set).toEqual([32, 33]);
});

/** The lowest free descriptor is what open() has to return. */
test('find_next_zero_bit finds the lowest free bit, behind full words and behind the end', () => {
  const map: number[] = [];
  for (let nr = 0; nr < 96; nr++) __set_bit(nr, map);
  expect(find_next_zero_bit(map, 0)).toBe(96);
  expect(find_next_zero_bit(map, 200)).toBe(200);

  __clear_bit(40, map);
  expect(find_next_zero_bit(map, 5)).toBe(40);
  expect(find_next_zero_bit(map, 41)).toBe(96);
});
