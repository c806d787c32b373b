/** What vitest's `test` can do, simTest() and checkTest() can do as well. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkTest, simTest } from '../../src/vitest/index.ts';
import { inAsyncStyle, Project, type Run } from '../support/vitest_project.ts';

const modifiers = (name: string): string => `
import { ${name} as simulated } from 'epollsim/vitest';
import { describe, expect } from 'vitest';

const passes = function* (sys) {
  yield* sys.eventfd2(0, 0);
};
const fails = function* (sys) {
  sys.assert(false, 'never');
};
const options = { sharedMemory: false, keep: false };
const own = '${name}' === 'simTest' ? {} : options;

simulated('passes', passes);
simulated('with options', own, passes);
simulated('with a timeout', passes, 4000);
simulated.skip('is skipped', own, fails);
simulated.todo('is to be written');
simulated.fails('is to fail', own, fails);
simulated.concurrent('side by side', own, passes);
simulated.skipIf(true)('is skipped here', own, fails);
simulated.runIf(true)('is run here', own, passes);
simulated('is skipped, too', { ...own, skip: true }, fails);
simulated('is to fail, too', { ...own, fails: true }, fails);

simulated.each([[1, 2], [3, 4]])('of %i and %i', own, function* (sys, a, b) {
  expect(b - a).toBe(1);
  yield* sys.eventfd2(a, 0);
});
simulated.each(['5.10', '6.18'])(
  'on %s',
  (kernel) => ({ ...own, kernel }),
  function* (sys, kernel) {
    expect(sys.task.kernel.rank).toBeGreaterThan(0);
    if (kernel === '5.10') sys.assert(false, 'too old');
  },
);
simulated.each\`
  a    | b
  \${1} | \${2}
\`('a table of $a', own, function* (sys, { a, b }) {
  expect([a, b]).toEqual([1, 2]);
});
simulated.for([[1, 2]])('for %i', own, function* (sys, pair, { expect, task }) {
  expect(pair).toEqual([1, 2]);
  expect(task.name).toBe('for 1');
});
simulated('has its context', own, function* (sys, { task }) {
  expect(task.name).toBe('has its context');
});
simulated.each([1])('a timeout of a case', () => ({ timeout: 5 }), passes);
`;

const runs: Record<string, Run['tests']> = {};
const project = new Project({
  'simTest.test.js': modifiers('simTest'),
  'checkTest.test.js': modifiers('checkTest'),
  'simTest-async.test.js': inAsyncStyle(modifiers('simTest')),
  'checkTest-async.test.js': inAsyncStyle(modifiers('checkTest')),
  'only.test.js': `
import { checkTest, simTest } from 'epollsim/vitest';
const fails = function* (sys) { sys.assert(false, 'never'); };
const passes = function* (sys) { yield* sys.eventfd2(0, 0); };
simTest('not this', fails);
checkTest('nor this', fails);
simTest.only('this', passes);
checkTest.only('and this', passes);
`,
});

beforeAll(async () => {
  for (const name of ['simTest', 'checkTest', 'simTest-async', 'checkTest-async', 'only']) {
    runs[name] = (await project.run([`${name}.test.js`])).tests;
  }
}, 180_000);
afterAll(() => project.remove());

describe.each(['simTest', 'checkTest', 'simTest-async', 'checkTest-async'])('%s', (name) => {
  /** Somebody who skips a test by .skip, and finds it run; who writes .each, and finds one test. */
  test('has the modifiers of test', () => {
    const tests = runs[name] ?? {};
    const byStatus = (status: string): string[] =>
      Object.keys(tests).filter((one) => tests[one]?.status === status);
    expect(byStatus('failed')).toEqual(['on 5.10', 'a timeout of a case']);
    expect(tests['on 5.10']?.message).toContain('too old');
    expect(tests['a timeout of a case']?.message).toContain(
      `${name.replace('-async', '')}: timeout cannot follow from the case: expected it for all`,
    );
    expect([...byStatus('skipped'), ...byStatus('pending')].sort()).toEqual([
      'is skipped',
      'is skipped here',
      'is skipped, too',
    ]);
    expect(byStatus('todo')).toEqual(['is to be written']);
    expect(byStatus('passed')).toEqual([
      'passes',
      'with options',
      'with a timeout',
      'is to fail',
      'side by side',
      'is run here',
      'is to fail, too',
      'of 1 and 2',
      'of 3 and 4',
      'on 6.18',
      'a table of 1',
      'for 1',
      'has its context',
    ]);
  });
});

/** The same. */
test('.only leaves all others out', () => {
  const statuses = Object.entries(runs['only'] ?? {}).map(([name, { status }]) => [name, status]);
  expect(statuses).toEqual([
    ['not this', 'skipped'],
    ['nor this', 'skipped'],
    ['this', 'passed'],
    ['and this', 'passed'],
  ]);
});

type Loose = (name: string, ...rest: unknown[]) => void;

/** An option with a slip in its name that is silently passed over makes another test of it. */
describe('Options that do not fit are refused when the test is defined', () => {
  const program = function* () {};
  test.each([
    [simTest, { seeed: 1 }, /expected one of kernel, .* seeds, .* timeout.*, found "seeed"/],
    [simTest, { seed: 1, seeds: 2 }, 'expected one of seed, seeds and schedule, found seed and'],
    [simTest, { seeds: 0 }, 'seeds: expected 1 or more, found 0'],
    [simTest, { seeds: [] }, 'seeds: expected how many, or a list of them, found []'],
    [simTest, { seed: 0.5 }, 'seed: expected an integer, found 0.5'],
    [simTest, { schedule: 'x' }, 'line 1: expected "# epollsim schedule 1", found "x"'],
    [simTest, 5, 'found 5 in place of the options'],
    [simTest, () => ({}), 'expected options, found a function: there are no cases'],
    [checkTest, { sharedMemry: false }, 'found "sharedMemry"'],
    [checkTest, { seconds: 5, timeout: 5000 }, 'seconds: expected less than the timeout of the'],
    [checkTest, { seconds: -1 }, 'seconds: expected more than 0, found -1'],
    [simTest, { fakeTime: 1 }, 'simTest: fakeTime: expected true or false, found 1'],
    [checkTest, { schedule: '' }, 'line 1: expected "# epollsim schedule 1"'],
  ])('%#', (define, options, says) => {
    expect(() => (define as Loose)('x', options, program)).toThrow(says);
  });

  test.each([
    [simTest, 'text', /simTest: expected a generator function .* or an async function .*'text'/],
    [checkTest, 5, /checkTest: expected a generator function .* or an async function .*found 5/],
  ])('and so is what is no program: %#', (define, program, says) => {
    expect(() => (define as Loose)('x', {}, program)).toThrow(says);
  });
});
