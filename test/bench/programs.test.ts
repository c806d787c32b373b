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

/**
 * Whoever waits for a check: a reduction that misses something takes many times as many executions,
 * and a kernel that announces more than it has to, as many more steps.
 */
test.each([
  ['two looks at one event', { executions: 11, redundant: 0, longest: 34 }],
  ['a socket pair', { executions: 3, redundant: 0, longest: 59 }],
  ['1 writer, 1 waiter', { executions: 3, redundant: 0, longest: 37 }],
  ['1 writer, 2 waiters', { executions: 57, redundant: 12, longest: 49 }],
  ['2 writers, 1 waiter', { executions: 72, redundant: 1, longest: 44 }],
  ['2 writers, 2 waiters', { executions: 9645, redundant: 455, longest: 68 }],
])('%s: %j', { timeout: 120_000 }, async (name, counts) => {
  const verdict = check(await programOf(named(name)), { sharedMemory: false });
  expect(verdict).toMatchObject({ complete: true, findings: [], ...counts });
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
