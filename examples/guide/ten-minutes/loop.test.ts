import { simTest } from 'epollsim/vitest';
import { expect } from 'vitest';
import answers from './answers.ts';

simTest('both answers are sent', function* (sys) {
  expect(yield* answers(sys)).toBe(5);
});
