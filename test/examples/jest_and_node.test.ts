/** The examples for other test runners, in a project of their own where the package is installed. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../support/tidy.ts';
import { installed } from '../support/vitest_project.ts';

const folder = mkdtempSync(join(tmpdir(), 'epollsim-runners-'));

beforeAll(async () => {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const packages = {
    epollsim: await installed(),
    jest: join(root, 'node_modules/jest'),
    '@jest/globals': join(root, 'node_modules/@jest/globals'),
  };
  for (const [name, path] of Object.entries(packages)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(path, link);
  }
  for (const name of ['jest', 'node-test']) {
    cpSync(join(root, 'examples', name), join(folder, name), { recursive: true });
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The exit code, and all that was printed. */
function run(...args: readonly string[]): Promise<{ status: number; printed: string }> {
  const env = { PATH: process.env.PATH ?? '', HOME: folder, NO_COLOR: '1' };
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd: folder, env, timeout: 120_000 }, (error, out, err) => {
      done({ status: Number(error?.code ?? 0), printed: out + err });
    });
  });
}

const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--no-watchman'];
const jestRun = (): Promise<{ status: number; printed: string }> =>
  run(...jest, '--config', 'jest/jest.config.mjs', '--no-cache');

/** Breaks the example: an edge would be reported twice. */
function breakExample(path: string): () => void {
  const whole = join(folder, path);
  const text = readFileSync(whole, 'utf8');
  writeFileSync(whole, text.replace('events: EPOLLIN | EPOLLET', 'events: EPOLLIN'));
  return () => writeFileSync(whole, text);
}

/** Whoever has another test runner than vitest, and is told that it works. */
test('node:test runs its example, and fails where it is wrong', async () => {
  const path = 'node-test/epoll.test.mjs';
  const right = await run('--test', path);
  expect(right.printed).toMatch(/^# pass 7$/m);
  expect(right.status).toBe(0);

  const mend = breakExample(path);
  const wrong = await run('--test', path);
  mend();
  expect(wrong.printed).toMatch(/^# fail 6$/m);
  expect(wrong.status).toBe(1);
}, 60_000);

/** The same. */
test('Jest runs its example, and fails where it is wrong', async () => {
  const right = await jestRun();
  expect(right.printed).toMatch(/^Tests: +7 passed, 7 total$/m);
  expect(right.status).toBe(0);

  const mend = breakExample('jest/epoll.test.mjs');
  const wrong = await jestRun();
  mend();
  expect(wrong.printed).toMatch(/^Tests: +6 failed, 1 passed, 7 total$/m);
  expect(wrong.status).toBe(1);
}, 120_000);
