/** The plugin: programs tell what their threads share, and what is wrong is still found, where it is. */
import { expect, onTestFinished, test } from 'vitest';
import { epollsim } from '../../src/vitest/plugin.ts';
import { Project } from '../support/vitest_project.ts';

const counting = `
export interface Counter { n: number }
export const counter: Counter = { n: 0 };
export function bump(counter: Counter, from: number): void {
  counter.n = from + 1;
}
`;

/** Many calls that have nothing to do with one another; and two threads that lose a count. */
const tests = `
import { checkTest } from 'epollsim/vitest';
import { expect, vi, test } from 'vitest';
import { type Sys } from 'epollsim';
import { bump, counter } from './counting.ts';
import { later } from './mocked.ts';

vi.mock('./mocked.ts', () => ({ later: () => 1 }));

enum Kind { None = 3 }

checkTest('apart', { keep: false, executions: 50 }, function* (sys: Sys) {
  const threads: number[] = [];
  for (let i: number = 0; i < Kind.None; i++) {
    threads.push(
      yield* sys.pthread_create(function* (sys: Sys) {
        let own = 0;
        for (let j = 0; j < 3; j++) own += yield* sys.sched_yield();
      }),
    );
  }
  for (const thread of threads) yield* sys.pthread_join(thread);
});

checkTest('together', { keep: false }, function* (sys: Sys) {
  counter.n = 0;
  const threads: number[] = [];
  for (let i = 0; i < 2; i++) {
    threads.push(
      yield* sys.pthread_create(function* (sys: Sys) {
        const before = counter.n;
        yield* sys.sched_yield();
        bump(counter, before);
      }),
    );
  }
  for (const thread of threads) yield* sys.pthread_join(thread);
  expect(counter.n).toBe(2);
});

test('what is mocked is mocked', () => {
  expect(later()).toBe(1);
});
`;
const files = {
  'a.test.ts': tests,
  'counting.ts': counting,
  'mocked.ts': 'export const later = (): number => 2;\n',
};

function projectOf(more: Readonly<Record<string, string>>, plugin: boolean): Project {
  const project = new Project({ ...files, ...more }, { plugin });
  onTestFinished(() => project.remove());
  return project;
}

const lineOf = (text: string): number =>
  tests.split('\n').findIndex((line) => line.includes(text)) + 1;

/** Without it a check of three threads takes for ever; with it a race must not be overlooked. */
test('with the plugin few executions are enough, and a race by way of another module is found', async () => {
  const { tests: told } = await projectOf({}, true).run();
  expect(told['apart']?.status, told['apart']?.message).toBe('passed');
  expect(told['together']?.status).toBe('failed');
  expect(told['together']?.message).toContain('expected 1 to be 2');
  expect(told['together']?.message).toContain(`a.test.ts:${lineOf('toBe(2)')}:21`);
  expect(told['what is mocked is mocked']?.status).toBe('passed');
}, 60_000);

/** Whoever has no plugin loses time and nothing else. */
test('without the plugin threads are taken to share all', async () => {
  const { tests: untold } = await projectOf({}, false).run();
  expect(untold['apart']?.message).toContain('as nothing says what they share');
  expect(untold['together']?.message).toContain('expected 1 to be 2');
}, 60_000);

/** A module that hides what it shares: to go on as if it shared nothing would miss races. */
test('where a module cannot be followed, threads are taken to share all, and it is said why', async () => {
  const bound = { 'mocked.ts': '', 'bound.ts': 'export const f = (() => 1).bind(null);\n' };
  const using = tests.replace(
    "import { later } from './mocked.ts';",
    "import { f as later } from './bound.ts';",
  );
  const { tests: refused } = await projectOf(
    { ...bound, 'a.test.ts': using.replace(/^vi\.mock.*$/m, '') },
    true,
  ).run();
  expect(refused['apart']?.message).toContain('as bind() hands on what nobody sees');
}, 60_000);

/** What comes from packages is theirs, and a stylesheet is no module. */
test('only modules of the project are rewritten', () => {
  const { transform } = epollsim();
  const code = 'let n = 0;\nexport const f = () => n++;\n';
  expect(transform(code, '/home/me/a.ts')?.code).toContain('$told.wrote(');
  expect(transform(code, '/home/me/a.ts?v=1')?.code).toContain('$told.wrote(');
  expect(transform(code, '/home/me/node_modules/a/index.js')).toBe(null);
  expect(transform(code, '\0virtual.js')).toBe(null);
  expect(transform(code, '/home/me/a.css')).toBe(null);
  expect(transform(code, new URL('../../src/sim/machine.ts', import.meta.url).pathname)).toBe(null);
});
