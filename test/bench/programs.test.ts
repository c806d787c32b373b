/** How many executions the checker takes for the standard programs: the count of the benchmark. */
import { expect, test } from 'vitest';
import { interleavings } from '../../bench/checker/enumeration.ts';
import { programOf, type Standard, standards } from '../../bench/programs.ts';
import { check, subjectOf } from '../../src/check/check.ts';
import { explore } from '../../src/check/explore.ts';

const named = (name: string): Standard => {
  const found = standards.find((standard) => standard.name === name);
  if (found === undefined) throw new Error(`there is no program "${name}"`);
  return found;
};

/** Whoever waits for a check: a reduction that misses something takes many times as long. */
test.each([
  ['two looks at one event', 11, 0],
  ['a socket pair', 3, 0],
  ['1 writer, 1 waiter', 3, 0],
  ['1 writer, 2 waiters', 57, 12],
  ['2 writers, 1 waiter', 72, 1],
  ['2 writers, 2 waiters', 9645, 455],
])('%s: %d executions, %d are left half way', { timeout: 120_000 }, async (name, whole, half) => {
  const program = await programOf(named(name));
  const { complete, executions, redundant } = check(program, { sharedMemory: false });
  expect({ complete, executions, redundant }).toEqual({
    complete: true,
    executions: whole,
    redundant: half,
  });
});

/** What the reduction is worth: the same programs, with every interleaving run. */
test.each([
  ['two looks at one event', 34_668],
  ['1 writer, 1 waiter', 12_288],
])('%s: %d interleavings', { timeout: 120_000 }, async (name, count) => {
  expect(interleavings(explore, subjectOf(await programOf(named(name)), {}))).toBe(count);
});

/** Plain enumeration of another one would not end. */
test('those that are small say so', () => {
  expect(standards.filter((standard) => standard.small === true).map(({ name }) => name)).toEqual([
    'two looks at one event',
    '1 writer, 1 waiter',
  ]);
});
