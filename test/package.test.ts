/** What `npm run package` says of a package that is wrong. The package itself it checks in CI. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'fflate';
import { packTar } from 'modern-tar';
import { afterAll, describe, expect, test } from 'vitest';
import { entriesOf } from '../scripts/entries.ts';
import { check, run } from '../scripts/package/commands.ts';
import { publintProblems, typesProblems } from '../scripts/package/lint.ts';
import { haveNode } from '../scripts/package/nodes.ts';
import { followSteps, type Project } from '../scripts/package/project.ts';
import { changed, installSteps, isShown, readSteps } from '../scripts/package/readme.ts';

const folder = mkdtempSync(join(tmpdir(), 'epollsim-package-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();

/** A package as npm packs it; gives the path of the tarball. */
async function packed(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const entries = Object.entries(files).map(([path, body]) => ({
    header: { name: `package/${path}`, size: Buffer.byteLength(body) },
    body,
  }));
  const path = join(folder, `${name}.tgz`);
  writeFileSync(path, gzipSync(await packTar(entries)));
  return path;
}

const manifest = (exports: unknown): string =>
  JSON.stringify({
    name: 'x',
    version: '1.0.0',
    license: 'MIT',
    type: 'module',
    engines: { node: '>=22.12' },
    sideEffects: false,
    main: './x.js',
    types: './x.d.ts',
    exports,
  });

const entry = { types: './x.d.ts', default: './x.js' };

describe('The tarball', () => {
  /** Whoever installs it, and finds that what exports names was not packed. */
  test('of an entry whose file is not in it is found to be wrong', async () => {
    const files = { 'x.js': 'export const x = 1;', 'x.d.ts': 'export declare const x: number;' };
    const exports = { '.': entry, './gone': { types: './x.d.ts', default: './gone.js' } };
    const whole = await packed('whole', { ...files, 'package.json': manifest({ '.': entry }) });
    const lacking = await packed('lacking', { ...files, 'package.json': manifest(exports) });

    expect(await publintProblems(whole)).toEqual([]);
    expect((await publintProblems(lacking)).join()).toContain(
      'gone.js but the file does not exist',
    );
  });

  /** Whoever compiles against an entry, and gets `any`, or names that are not there. */
  test('of an entry without types, or with those of CommonJS, is found to be wrong', async () => {
    const js = { 'x.js': 'export const x = 1;', 'y.js': 'export const y = 1;' };
    const types = { 'x.d.ts': 'export declare const x: number;' };
    const exports = { '.': entry, './y': { default: './y.js' } };
    const untyped = await packed('untyped', { ...js, ...types, 'package.json': manifest(exports) });
    expect((await typesProblems(untyped)).join()).toContain('./y has no types');

    const cts = { '.': { types: './x.d.cts', default: './x.js' } };
    const false_ = { ...js, 'x.d.cts': types['x.d.ts'], ...types, 'package.json': manifest(cts) };
    expect((await typesProblems(await packed('cts', false_))).join()).toContain('FalseCJS');
  });
});

describe('The README', () => {
  const project: Project = {
    folder,
    tarball: '/no/such/file.tgz',
    versions: {},
    entries: [],
    signal,
  };
  const readme = (shown: string): string =>
    `## Install\n\n<!-- file: a/f.txt -->\n\`\`\`text\nhello\n\`\`\`\n\n` +
    `\`\`\`sh\ncat f.txt\n\`\`\`\n\n\`\`\`text\n${shown}\n\`\`\`\n\n## More\n`;

  /** A stranger who types what the page says, and sees something else. */
  test('is followed, and what it shows is compared with what is printed', async () => {
    expect((await followSteps(project, 'README', installSteps(readme('hello')))).status).toBe(
      'passed',
    );
    const { status, details } = await followSteps(project, 'README', installSteps(readme('bye')));
    expect([status, ...details]).toEqual([
      'failed',
      'cat f.txt: shown is',
      'bye',
      'and this was printed:',
      'hello',
    ]);
  });

  /** A stranger whose command fails where the page shows nothing of what it prints. */
  test('is wrong where a command fails', async () => {
    const steps = installSteps('## Install\n```sh\necho no >&2; exit 3\n```\n## More\n');
    const { status, details } = await followSteps(project, 'README', steps);
    expect([status, ...details]).toEqual(['failed', 'echo no >&2; exit 3: exit code 3', 'no']);
  });

  /** Whoever moves the section, so that nothing is followed any more. */
  test('has the section, with a program, a test, a trace and a race', () => {
    const text = JSON.stringify(readSteps());
    for (const one of ['first.ts', 'first.test.ts', 'npm install epollsim', 'vitest run'])
      expect(text).toContain(one);
    expect(text).toMatch(/epollsim play --format strace.*epollsim check/);
    expect(() => installSteps('# Something else')).toThrow('no section "Install"');
  });
});

describe('A guide', () => {
  /** A change that fits nowhere, or in two places, and is made somewhere all the same. */
  test('makes a change where it fits once, and nowhere else', () => {
    expect(changed('a\nb\nc\n', ' a\n-b\n+x\n+y')).toBe('a\nx\ny\nc\n');
    expect(() => changed('a\na\n', '-a\n+b')).toThrow('found it 2 times');
    expect(() => changed('b\n', '-a\n+b')).toThrow('found it 0 times');
  });

  /** An output that has changed behind a line of dots. */
  test('shows what was printed, in its order, and with dots a part of it', () => {
    expect(isShown('a\n…\nd', 'a\nb\nc\nd')).toBe(true);
    expect(isShown('…\nb\n…', 'a\nb\nc')).toBe(true);
    expect(isShown('a\n…\nc', 'a\nb')).toBe(false);
    expect(isShown('…\nb\na\n…', 'a\nb')).toBe(false);
    expect(isShown('a', 'a\nb')).toBe(false);
    expect(isShown('a.c', 'abc')).toBe(false);
  });
});

/** Whoever adds an entry, and relies on its being checked. */
test('every entry of exports is taken, and files are none', () => {
  const path = new URL('../package.json', import.meta.url);
  const { exports, ...rest } = JSON.parse(readFileSync(path, 'utf8'));
  const added = { types: './dist/src/y.d.ts', default: './dist/src/y.js' };
  const entries = entriesOf({ ...rest, exports: { ...exports, './y': added, './node': added } });
  expect(entries.map(({ name, host }) => [name, host])).toEqual(
    expect.arrayContaining([
      ['epollsim', 'anywhere'],
      ['epollsim/browser', 'anywhere'],
      ['epollsim/y', 'anywhere'],
      ['epollsim/node', 'node'],
    ]),
  );
  expect(entries.map(({ subpath }) => subpath)).not.toContain('./package.json');
});

/** Whoever reads "passed", and nothing was tried; whoever is offline, and is told that it failed. */
test('what cannot be had is skipped, with the reason', async () => {
  const had = await haveNode('0.0.0-none', join(folder, 'nodes'), signal);
  const why = 'why' in had ? had.why : '';
  expect(why).toMatch(/^node-\S+@0\.0\.0-none cannot be installed: /);
  const { status, details } = await check('x', async () => ({ skipped: why }));
  expect([status, ...details]).toEqual(['skipped', why]);
}, 120_000);

/** Whoever presses Ctrl-C, and waits for npm. */
test('a command is ended where it is no longer wanted', async () => {
  const unwanted = new AbortController();
  const running = run('sleep 60', {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    signal: unwanted.signal,
  });
  unwanted.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
});
