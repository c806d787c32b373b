/**
 * What the reference tells of each public name: the rules of CONTRIBUTING.md, each shown to find a
 * violation that was planted for it, and then to find none in the package. Then the reference itself.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sectionsOf, writeApi } from '../scripts/api.ts';
import { entriesOf, readManifest } from '../scripts/entries.ts';
import {
  type Rule,
  type Surface,
  surfaceOf,
  undescribedParameters,
  unsaidThrows,
  withoutErrno,
  withoutSource,
  withoutSummary,
  withoutUnits,
} from './support/api.ts';
import { programOf, programOfTexts, root } from './support/tidy.ts';

const entries = entriesOf(readManifest());

/** What is public of a text that stands where kernel code does; a comment begins a line of its own. */
function planted(text: string): Surface {
  const lines = text.replace(/(?<=[{;]) (?=\/\*\*)/g, '\n');
  return surfaceOf(programOfTexts({ 'src/kernel/x.ts': lines }), ['src/kernel/x.ts']);
}

/** Shows that a rule finds one thing in the first text, and nothing in the others. */
function finds(rule: Rule, wrong: string, line: string, ...right: readonly string[]): void {
  expect(rule(planted(wrong))).toEqual([line]);
  for (const text of right) expect(rule(planted(text))).toEqual([]);
}

describe('a summary', () => {
  /** Whoever hovers over a name in an editor, and reads its type once more. */
  test('an export without one is found, and so is one that is no sentence', () => {
    finds(
      withoutSummary,
      'export const EPOLLX = 1;',
      'src/kernel/x.ts:1: EPOLLX: a summary is missing',
      '/** It is one. */ export const EPOLLX = 1;',
      'const local = 1; export {};',
    );
    finds(
      withoutSummary,
      '/** an x */ export const EPOLLX = 1;',
      'src/kernel/x.ts:1: EPOLLX: the summary is no sentence: an x',
    );
  });

  /** The members are what an editor offers behind the dot. */
  test.each([
    ['/** X. */ export interface X { a: number }', 'X.a'],
    ['/** X. */ export class X { a = 1; }', 'X.a'],
    ["/** X. */ export type X = { how: 'a'; a: number } | { how: 'b' };", 'X.a'],
  ])('in %s a member without one is found', (text, label) => {
    finds(withoutSummary, text, `src/kernel/x.ts:1: ${label}: a summary is missing`);
  });

  /** What says itself, what is nobody's business, and what an interface has said already. */
  test.each([
    "/** X. */ export interface X { kind: 'x'; never?: never }",
    '/** X. */ export class X { private a = 1; protected b = 1; /** @internal */ c = 1; }',
    '/** I. */ export interface I { /** A. */ a(): void }\n/** X. */ export class X implements I { a() {} }',
  ])('in %s nothing is found', (text) => {
    expect(withoutSummary(planted(text))).toEqual([]);
  });
});

/** Whoever writes a call, and has to open the source to learn what a number stands for. */
test('a parameter of which nothing is said is found', () => {
  finds(
    undescribedParameters,
    '/** Runs it. */ export function run(much: number, of: object) {}',
    'src/kernel/x.ts:1: run: nothing is said of the parameter much',
    '/** Runs it as `much` as told. */ export function run(much: number) {}',
    '/** Runs it. @param much how often */ export function run(much: number) {}',
    '/** epoll_create1(2): 0. */ export function epoll_create1(flags: number) {}',
  );
  finds(
    undescribedParameters,
    '/** X. */ export class X { constructor(much: number) {} }',
    'src/kernel/x.ts:1: X: nothing is said of the parameter much',
    '/** X. */ export class X { /** Takes so `much`. */ constructor(much: number) {} }',
  );
});

/** Whoever takes milliseconds for nanoseconds. */
test('a time or a size without a unit is found', () => {
  finds(
    withoutUnits,
    '/** X. */ export interface X { /** How long. */ delay: number }',
    'src/kernel/x.ts:2: X.delay: the unit of delay is missing',
    '/** X. */ export interface X { /** How long, in ms. */ delay: number }',
    '/** X. */ export interface X { /** How long. */ delay_ns: number; /** B. */ delayMs: number }',
  );
  finds(
    withoutUnits,
    '/** Cuts at `length`. */ export function cut(length: number) {}',
    'src/kernel/x.ts:1: cut: the unit of length is missing',
    '/** Cuts at `length` bytes. */ export function cut(length: number) {}',
  );
});

describe('errors', () => {
  const errors = 'class E { message = ""; } class KernelBug { message = ""; }';
  const of = (text: string): string => `${errors}\n${text}`;

  /** Whoever does not catch what was never spoken of. */
  test('what is thrown and not said is found, by another function too', () => {
    const at = 'thrown at src/kernel/x.ts';
    finds(
      unsaidThrows,
      of('/** X. */ export function x() { throw new E(); }'),
      `src/kernel/x.ts:2: x: @throws E is missing, ${at}:2`,
      of('/** X.\n * @throws E always */ export function x() { throw new E(); }'),
      of('/** X. */ export function x() { throw new KernelBug(); }'),
      of('/** X. */ export function x() { try { throw new E(); } catch {} }'),
      of(
        '/** X. */ export function x() { try { throw new E(); } catch (e) { if (!(e instanceof E)) throw e; } }',
      ),
    );
    finds(
      unsaidThrows,
      of('function y() { throw new E(); }\n/** X. */ export const x = () => y();'),
      `src/kernel/x.ts:3: x: @throws E is missing, ${at}:2`,
    );
    finds(
      unsaidThrows,
      of('/** X. */ export class X { /** A. */ a() { throw new E(); } }'),
      `src/kernel/x.ts:3: X.a: @throws E is missing, ${at}:3`,
      of('/** X.\n * @throws E ever */ export class X { /** A. */ a() { throw new E(); } }'),
    );
  });

  /** A program that takes -EAGAIN for a descriptor. */
  test('a system call that does not say how it fails is found', () => {
    finds(
      withoutErrno,
      '/** S. */ export class Sys { /** dup(2): a descriptor. */ dup() { return 1; } }',
      'src/kernel/x.ts:2: Sys.dup: what it returns on failure is missing: "or -errno"',
      '/** S. */ export class Sys { /** dup(2): a descriptor, or -errno. */ dup() { return 1; } }',
      '/** S. */ export class Sys { /** getpid(2): never fails. */ getpid() { return 1; } }',
    );
  });
});

/** Whoever wants to know more, and whoever doubts it. */
test('a name of Linux without its source is found', () => {
  const text = (doc: string): string => `/** ${doc} */ export const EPOLLX = 1;`;
  finds(
    withoutSource,
    text('There is room.'),
    'src/kernel/x.ts:1: EPOLLX: its man page, header or kernel function is missing',
    text('epoll_ctl(2): there is room.'),
    text('linux/eventpoll.h: there is room.'),
    text('There is room, as ep_poll() has it.'),
    '/** Ours. */ export const oursAlone = 1;',
  );
  finds(
    withoutSource,
    '/** S. */ export class Sys { /** A descriptor. */ dup() {} }',
    'src/kernel/x.ts:2: Sys.dup: its man page, header or kernel function is missing',
  );
});

describe('every public name', () => {
  let surface: Surface;

  beforeAll(() => {
    const sources = entries.flatMap(({ source }) => source?.replace(/^\.\//, '') ?? []);
    surface = surfaceOf(programOf('tsconfig.json'), sources);
    expect(surface.names.length).toBeGreaterThan(1500);
  }, 120_000);

  /** The rules themselves: src/kernel/uapi, Sys, Machine, check() and all the rest. */
  test.each([
    ['has a summary', withoutSummary],
    ['says what its parameters are', undescribedParameters],
    ['says in which unit', withoutUnits],
    ['says what it throws', unsaidThrows],
    ['says how a system call fails', withoutErrno],
    ['says where it is from', withoutSource],
  ])('%s', { timeout: 60_000 }, (_, rule) => {
    expect(rule(surface)).toEqual([]);
  });
});

describe('the reference', () => {
  const folder = join(root, 'node_modules/.epollsim-api');
  const pages: (readonly [path: string, text: string])[] = [];

  beforeAll(async () => {
    await writeApi(folder, entries);
    for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (/\.(html|js)$/.test(path)) pages.push([path, readFileSync(join(folder, path), 'utf8')]);
    }
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const textOf = (path: string): string => pages.find(([name]) => name === path)?.[1] ?? '';

  /** Whoever imports it looks for its page. */
  test('has a page for each entry, and one for each name', () => {
    const index = textOf('index.html');
    for (const { name, source } of entries) if (source) expect(index).toContain(`>${name}<`);
    expect(textOf('classes/epollsim.Sys.html')).toContain('epoll_wait(2): up to');
    expect(textOf('variables/epollsim.EPOLLRDHUP.html')).toContain('the peer will send no more');
  });

  /** A reader of the package knows these sections from src/index.ts. */
  test('is in the sections of the table of contents', () => {
    const sections = new Set(sectionsOf('src/index.ts').values());
    expect(sections).toContain('A machine and the programs on it');
    const page = textOf('modules/epollsim.html');
    const found = [...page.matchAll(/<h2[^>]*>([^<]+)/g)].map(([, title]) => title);
    expect(found.slice(0, sections.size)).toEqual([...sections]);
    expect(found.slice(sections.size)).toContain('Constants: eventpoll');
    expect(found).not.toContain('Everything');
  });

  /** It is opened from a folder, in whatever place that lies. */
  test('leads nowhere that there is nothing, and knows of no absolute path', () => {
    const dead: string[] = [];
    for (const [path, text] of pages) {
      if (text.includes(root)) dead.push(`${path} has ${root}`);
      for (const [, target = ''] of text.matchAll(/\b(?:href|src)="([^"#?]+)/g)) {
        if (/^(https?|data):/.test(target)) continue;
        if (!existsSync(join(folder, dirname(path), decodeURI(target)))) dead.push(target);
      }
    }
    expect(pages.length).toBeGreaterThan(900);
    expect(dead).toEqual([]);
  });
});
