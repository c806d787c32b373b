import { expect, test } from 'vitest';
import { type CheckOptions, check } from '../../src/check/check.ts';
import { summary } from '../../src/shared/words.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';

/** Two threads of a few calls each. */
function* main(sys: Sys): Code<void> {
  const calls: Program = function* (self) {
    yield* self.gettid();
    yield* self.gettid();
  };
  const tids = [yield* sys.pthread_create(calls), yield* sys.pthread_create(calls)];
  for (const tid of tids) yield* sys.pthread_join(tid);
}

/** Who reads that every interleaving was covered stops looking. */
test.each<[CheckOptions, RegExp]>([
  [{}, /^nothing found: every interleaving was covered, in \d+ executions$/],
  [
    { preemptions: 0 },
    /^nothing found: every interleaving with at most 0 preemptions was covered, in \d+ executions?$/,
  ],
  [
    { preemptions: 1, executions: 2 },
    /^nothing found in 2 executions, but not every interleaving with at most 1 preemption was covered$/,
  ],
  [{ executions: 2 }, /^nothing found in 2 executions, but not every interleaving was covered$/],
  [
    { strategy: 'random', executions: 5, seed: 3 },
    /^nothing found in 5 executions, random with seed 3, but not every interleaving was covered$/,
  ],
])('The summary of a check with %j says what was covered', (options, expected) => {
  expect(summary(check(main, options))).toMatch(expected);
});
