/** An empty TypeScript project, into which the package is installed from its tarball. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Entry } from '../entries.ts';
import {
  check,
  type Found,
  lastLines,
  type Outcome,
  run,
  succeeds,
  type Where,
} from './commands.ts';
import { changed, isShown, type Step, withoutTimes } from './readme.ts';

export interface Project {
  readonly folder: string;
  readonly tarball: string;
  /** Versions of packages that a project may install, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly entries: readonly Entry[];
  readonly signal: AbortSignal;
}

/** A command of the README, with the tarball for the name, and versions for other names. */
const pinned = (command: string, { tarball, versions }: Project): string =>
  command.replace(/^npm install\b.*$/gm, (line) =>
    line.replace(/(?<= )[@\w/-]+/g, (word) => {
      if (word === 'epollsim') return JSON.stringify(tarball);
      return word in versions ? `${word}@${versions[word]}` : word;
    }),
  );

/** Does what a document says, and compares what is printed with what it shows. */
export function followSteps(
  project: Project,
  document: string,
  steps: readonly Step[],
): Promise<Outcome> {
  return check(`${document}, step by step`, async () => {
    for (const step of steps) {
      const problems = await doStep(project, step);
      if (problems.length > 0) return problems;
    }
    return [];
  });
}

async function doStep(project: Project, step: Step): Promise<string[]> {
  if (step.kind === 'commands') return runStep(project, step);
  const path = join(project.folder, step.name);
  const text = step.kind === 'file' ? step.text : changed(readFileSync(path, 'utf8'), step.diff);
  writeFileSync(path, text);
  return [];
}

async function runStep(project: Project, step: Step & { kind: 'commands' }): Promise<string[]> {
  const command = pinned(step.text, project);
  const where = { cwd: project.folder, signal: project.signal };
  // A reader keeps the schedules of tests, which CI does not.
  const { code, out } = await run(`exec 2>&1\nunset CI\n${command}`, where);
  // What npm says of its own settings is this computer's.
  const printed = withoutTimes(out.replace(/^npm warn .*\n/gm, '')).trimEnd();
  if (step.shown !== null && isShown(step.shown, printed)) return [];
  if (step.shown !== null) {
    return [`${command}: shown is`, step.shown, 'and this was printed:', printed];
  }
  return code === 0 ? [] : [`${command}: exit code ${code}`, ...lastLines(out)];
}

const installed: Step = {
  kind: 'commands',
  text: 'npm init -y && npm pkg set type=module\nnpm install epollsim\nnpm install --save-dev vitest',
  shown: null,
};

/** Follows each guide in a folder of its own, in which the package is installed. */
export async function* followGuides(
  project: Project,
  guides: readonly (readonly [document: string, steps: readonly Step[]])[],
): AsyncGenerator<Outcome> {
  for (const [document, steps] of guides) {
    if (steps.length === 0) continue;
    const folder = join(project.folder, `../${basename(document, '.md')}`);
    mkdirSync(folder);
    const [first] = steps;
    const installs = first?.kind === 'commands' && first.text.startsWith('npm init');
    yield await followSteps(
      { ...project, folder },
      document,
      installs ? steps : [installed, ...steps],
    );
  }
}

/** Imports every entry that runs anywhere, or in Node, each by its name. */
function importer(entries: readonly Entry[]): string {
  const imports = entries.map(({ name }, i) => `import * as entry${i} from '${name}';`);
  const names = entries.map(({ name }, i) => `['${name}', Object.keys(entry${i}).length]`);
  return `${imports.join('\n')}
const found: [string, number][] = [${names.join(', ')}];
const empty = found.filter(([, names]) => names === 0);
if (empty.length > 0) throw new Error('empty: ' + String(empty));
`;
}

/** The same in CommonJS, and a program that runs. */
function requirer(entries: readonly Entry[]): string {
  const imports = entries.map(({ name }, i) => `import entry${i} = require('${name}');`);
  return `${imports.join('\n')}
import epollsim = require('epollsim');
const sizes: number[] = [${entries.map((_, i) => `Object.keys(entry${i}).length`).join(', ')}];
if (sizes.includes(0)) throw new Error('empty: ' + String(sizes));
const fd: number = epollsim.simulate(function* (sys) { return yield* sys.epoll_create1(0); });
if (fd !== 3) throw new Error('expected 3, found ' + fd);
`;
}

/** In a test, the entries that only a test has too. */
const tester = (entries: readonly Entry[]): string =>
  `import { expect, test } from 'vitest';
test.each(${JSON.stringify(entries.map(({ name }) => name))})('%s has names', async (name) => {
  expect(Object.keys(await import(/* @vite-ignore */ name))).not.toEqual([]);
});
`;

const strict = {
  target: 'es2022',
  lib: ['es2022'],
  types: [] as string[],
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
};

/** For what imports types of Node and of vitest too; what is wrong in those does not count. */
const beside = {
  ...strict,
  lib: ['es2022', 'dom'],
  types: ['node'],
  exactOptionalPropertyTypes: false,
};

/** The TypeScript projects: compiler options and files. */
const configs = {
  'module nodenext': [
    { ...strict, module: 'nodenext', outDir: 'out' },
    ['anywhere.ts', 'require.cts'],
  ],
  'module esnext, resolution bundler': [
    { ...strict, module: 'esnext', moduleResolution: 'bundler', noEmit: true },
    ['anywhere.ts'],
  ],
  'every entry': [{ ...beside, module: 'nodenext', noEmit: true }, ['every.ts']],
  'the first program and its test': [
    { ...beside, module: 'nodenext', noEmit: true, allowImportingTsExtensions: true },
    ['first.ts', 'first.test.ts'],
  ],
} as const;

/** Writes the files of the checks that follow. */
export function writeProject({ folder, entries }: Project): void {
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const anywhere = entries.filter(({ host }) => host === 'anywhere');
  const inNode = entries.filter(({ host }) => host !== 'vitest');
  mkdirSync(join(folder, 'out'), { recursive: true });
  write('anywhere.ts', importer(anywhere));
  write('require.cts', requirer(anywhere));
  write('every.ts', importer(entries));
  write('out/node.mjs', importer(inNode).replace(/: \[string, number\]\[\]/, ''));
  write('out/node.cjs', inNode.map(({ name }) => `require('${name}');\n`).join(''));
  write('entries.test.ts', tester(entries));
}

/** What is said of the types: without the types of Node, but where an entry is for Node. */
export async function typeChecks(project: Project): Promise<Outcome[]> {
  const { folder, signal } = project;
  const install = pinned('npm install --save-dev typescript @types/node', project);
  const outcomes = [await succeeds('TypeScript is installed', install, { cwd: folder, signal })];
  for (const [name, [compilerOptions, files]] of Object.entries(configs)) {
    const config = `tsconfig.${outcomes.length}.json`;
    writeFileSync(join(folder, config), JSON.stringify({ compilerOptions, files }));
    const compile = (): Promise<Found> => typeErrors(config, { cwd: folder, signal });
    outcomes.push(await check(`tsc: ${name}`, compile));
  }
  return outcomes;
}

/** What tsc says that is not of the types of other packages. */
async function typeErrors(config: string, where: Where): Promise<Found> {
  const { code, out } = await run(`npx tsc -p ${config} --pretty false`, where);
  // A message goes on in lines that are indented.
  const messages = out.split(/\n(?! )/).filter((message) => message !== '');
  const ofOthers = (message: string): boolean =>
    /^node_modules\/(?!epollsim\/)|^npm warn/.test(message);
  const ours = messages.filter((message) => !ofOthers(message));
  const isKnown = code === 0 || (code === 2 && messages.length > 0);
  return isKnown ? ours : [`tsc: exit code ${code}`, ...lastLines(out)];
}

/** What is run under each Node, in the project after the README. */
const runs: readonly (readonly [what: string, command: string])[] = [
  ['import', 'node out/anywhere.js && node out/node.mjs'],
  ['require', 'node out/require.cjs && node out/node.cjs'],
  ['vitest', 'npx vitest run'],
  ['epollsim play', 'npx epollsim play --format strace first.ts'],
  ['epollsim races', 'npx epollsim races false-negative'],
  ['epollsim lab check', 'npx epollsim lab check 1 node_modules/epollsim/examples/lab/ada.json'],
  ['epollsim kit', 'npx epollsim kit --group classic --out kit.tar.gz'],
  [
    'epollsim conform',
    'npx epollsim conform --no-live node_modules/epollsim/corpus/linux-6.18/classic.scenarios.ndjson',
  ],
];

/** Runs all of that with the `node` that stands first in the path. */
export async function runUnder(
  version: string,
  { folder, signal }: Project,
  path: readonly string[],
): Promise<Outcome[]> {
  const where: Where = { cwd: folder, path, signal };
  const outcomes: Outcome[] = [];
  for (const [what, command] of runs) {
    outcomes.push(await succeeds(`Node ${version}: ${what}`, command, where));
  }
  outcomes.push(await check(`Node ${version}: epollsim check`, () => findsTheRace(where)));
  return outcomes;
}

/** The race of the first program is found, in TypeScript and by two threads. */
async function findsTheRace(where: Where): Promise<Found> {
  const { code, out } = await run('npx epollsim check --workers 2 first.ts', where);
  if (code === 1 && out.includes('stranded-data')) return [];
  return [`expected exit code 1 and stranded-data, found exit code ${code}`, ...lastLines(out)];
}
