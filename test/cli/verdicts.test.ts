import { expect, test } from 'vitest';
import { type CheckOptions, check } from '../../src/check/check.ts';
import { verdictLines } from '../../src/cli/verdicts.ts';
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
  [{}, /^nothing found: every interleaving of its calls was covered, in \d+ executions$/],
  [
    { preemptions: 0 },
    /^nothing found: every interleaving of its calls with at most 0 preemptions was covered, in \d+ executions?$/,
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

/** Ten thousand lines that nobody scrolls back over; a file gets them, as `--schedule` wants it whole. */
test('On a terminal a schedule that is very long is not printed to its end', () => {
  const plain = { bold: String, green: String, red: String };
  const long: Program = function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    for (let i = 1; i <= 300; i++) yield* sys.write(fd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    sys.assert(false, 'the end');
  };
  const verdict = check(long);
  const steps = verdict.findings[0]?.steps ?? 0;
  const linesOf = (onTerminal: boolean): string[] => {
    const lines = [
      ...verdictLines({ title: 'long', verdict, places: new Map() }, plain, 100, onTerminal),
    ];
    return lines.slice(lines.findIndex((line) => line.includes('for --schedule FILE:')) + 1);
  };
  expect(steps).toBeGreaterThan(200);
  expect(linesOf(false).filter((line) => /^ +main: /.test(line))).toHaveLength(steps);
  expect(linesOf(true)).toHaveLength(201);
  expect(linesOf(true).at(-1)).toMatch(
    /^ {4}… \d+ lines more; whole where the output goes to a file …$/,
  );
});
