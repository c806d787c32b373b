import { simulate } from 'epollsim';
import { expect, test } from 'vitest';
import main from './first.ts';

test('both messages are read', () => {
  expect(simulate(main)).toBe(10);
});
