import { check } from 'epollsim';
import { expect, test } from 'vitest';
import falseNegative from './false-negative.ts';

test('a pending event is found on every schedule since 7.2', () => {
  const { complete, findings } = check(falseNegative, { kernel: '7.3', sharedMemory: false });
  expect(findings).toEqual([]);
  expect(complete).toBe(true);
});

test('before, on some schedule it is not', () => {
  const [finding] = check(falseNegative, { kernel: '6.18' }).findings;
  expect(finding?.sentence).toContain('a pending event is found');
});
