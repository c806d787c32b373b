/** Programs that are wrong as programs, whatever the schedule: nobody is to be told that all is well. */
import { describe, expect, test } from 'vitest';
import { type CheckOptions, check } from '../../src/check/check.ts';
import type { Program, Sys } from '../../src/syscalls/sys.ts';
import { simulate } from '../../src/why/simulate.ts';

/** JavaScript, which no compiler looks at. */
const yielding = (what: (sys: Sys) => unknown): Program =>
  function* (sys) {
    yield* sys.getpid();
    yield what(sys) as never;
    sys.assert(false, 'nobody comes here');
  };

const manners: readonly CheckOptions[] = [
  {},
  { sharedMemory: false },
  { preemptions: 1 },
  { strategy: 'random', executions: 3 },
  { strategy: 'pct', executions: 3 },
];

describe.each<[string, (sys: Sys) => unknown, string]>([
  ['a call', (sys) => sys.getpid(), 'a call that was not entered'],
  ['5', () => 5, '5'],
  ['a text', () => 'x', "'x'"],
  ['nothing', () => undefined, 'nothing'],
  ['null', () => null, 'nothing'],
])('A yield without a star, of %s,', (_, what, words) => {
  const sentence = `main: expected "yield* sys.call(…)", found "yield" of ${words}`;

  test('ends a run', () => {
    expect(() => simulate(yielding(what))).toThrow(sentence);
  });

  test.each(manners)('is what a check finds, with %j', (options) => {
    const { complete, findings } = check(yielding(what), options);
    expect(complete).toBe(false);
    expect(findings.map((found) => found.sentence)).toEqual([expect.stringContaining(sentence)]);
  });
});

test.each([null, undefined, 0, '', false])('what is thrown is found, be it %j', (thrown) => {
  const { complete, findings } = check(function* (sys) {
    yield* sys.getpid();
    throw thrown;
  });
  expect(complete).toBe(false);
  expect(findings).toMatchObject([{ kind: 'exception', repeats: true }]);
  expect(findings[0]?.sentence).toContain(`threw what nobody caught: `);
});
