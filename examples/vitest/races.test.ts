/** checkTest(): a program on every schedule. */
import { check } from 'epollsim';
import { checkTest } from 'epollsim/vitest';
import { expect, test } from 'vitest';
import falseNegative from '../false-negative.ts';

checkTest(
  'a pending event is found, since 7.2',
  { kernel: '7.3', sharedMemory: false },
  falseNegative,
);

/** The race is in every release before; a test that passes because it is found. */
test('before, it may not be', () => {
  const verdict = check(falseNegative, { kernel: '6.18', sharedMemory: false });
  expect(verdict).toFind('assertion', 'a pending event is found');
});
