/**
 * Loads a program, in TypeScript or JavaScript, from wherever it lies.
 *
 * What it imports as `epollsim` is the code that runs this command, so that both mean the same
 * classes; and it is an ES module, whatever the package around it says.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Code, Program, Sys } from '../syscalls/sys.ts';
import { type Input, userPath } from './input.ts';
import { framesOf, nameFile, shownPath } from './stack.ts';
import type { Loaded } from './tracking_hooks.ts';

/** The file is no program that could be run. */
export class ProgramError extends Error {
  override readonly name: string = 'ProgramError';
  /** Where in the user's files. */
  readonly frames: readonly string[];

  constructor(message: string, frames: readonly string[] = []) {
    super(message);
    this.frames = frames;
  }
}

/** Is this the source, run by tsx, or what was built from it? */
const fromSource = import.meta.url.endsWith('.ts');

const home = new URL(fromSource ? '../index.ts' : '../index.js', import.meta.url).href;

/** The same as an ES module, if it is a program's: tsx marks in the address what it takes for another. */
const asModule = (found: Resolved): Resolved => {
  const url = found.url.split(/[?]|%3F/, 1)[0] ?? '';
  const isTheirs = /^file:.*\.[jt]s$/.test(url) && !url.includes('/node_modules/');
  return found.format === 'commonjs' && isTheirs ? { ...found, url, format: 'module' } : found;
};

type Resolved = { format?: string | null; url: string };
type Next = (specifier: string, context: unknown) => Resolved;
type Load = (url: string, context: unknown) => Loaded;

/** Node 22 and later look for modules in the thread that wants them. */
const { registerHooks } = nodeModule as {
  registerHooks?: (hooks: {
    resolve?: (specifier: string, context: unknown, next: Next) => Resolved;
    load?: (url: string, context: unknown, next: Load) => Loaded;
  }) => void;
};

/** For Node 20, where modules are looked for in another thread: the same two rules, as text. */
const hooks = `
const asModule = ${asModule};
export async function resolve(specifier, context, next) {
  if (specifier === 'epollsim') return await next('${home}', context);
  return asModule(await next(specifier, context));
}`;

let registered = false;

/** From here on programs are found, as the head of this file says. */
export async function registerRules(): Promise<void> {
  if (registered) return;
  registered = true;
  if (!fromSource) (await import('tsx/esm/api')).register();
  if (registerHooks === undefined) {
    nodeModule.register(`data:text/javascript,${encodeURIComponent(hooks)}`);
    return;
  }
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'epollsim') return next(home, context);
      return asModule(next(specifier, context));
    },
  });
}

let tracking = false;

/** From here on the programs that are loaded say what their threads share; see ../shared/rewrite.ts. */
export async function trackPrograms(): Promise<void> {
  await registerRules();
  if (tracking) return;
  tracking = true;
  if (registerHooks === undefined) {
    nodeModule.register(new URL(`./tracking_hooks${fromSource ? '.ts' : '.js'}`, import.meta.url));
    return;
  }
  const { tracked } = await import('./tracking_hooks.ts');
  registerHooks({ load: (url, context, next) => tracked(url, next(url, context)) });
}

/** The program of a file, whatever its name, or of standard input for `-`. */
export async function loadProgram(path: string, input: Input): Promise<Program> {
  const isModule = /\.[cm]?[jt]s$/.test(path);
  return isModule
    ? await importProgram(userPath(path))
    : programOf(await importText(input.rest(), input.name));
}

/** The program whose source the text is; `name` is for messages. */
export const loadText = async (text: string, name: string): Promise<Program> =>
  programOf(await importText(text, name));

/** The program of a module. */
export const importProgram = async (path: string): Promise<Program> =>
  programOf(await importFile(path));

function programOf({ default: program }: Module): Program {
  if (isProgram(program)) return (sys) => codeOf(program, sys);
  throw new ProgramError(
    'expected "export default function* main(sys)", found ' +
      (program === undefined ? 'no default export' : 'a default export that is none'),
  );
}

interface Module {
  readonly default?: unknown;
}

/** The module in a file; throws a ProgramError if there is none. */
export async function importFile(path: string): Promise<Module> {
  await registerRules();
  try {
    return (await import(pathToFileURL(path).href)) as Module;
  } catch (error) {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const [first = '', second = ''] = what.replaceAll(path, shownPath(path)).split('\n');
    // A compiler says in the second line what is wrong, and in the first only that it failed.
    const reason = first.endsWith(':') ? second : first;
    throw new ProgramError(`the program cannot be loaded: ${reason}`, framesOf(error));
  }
}

/** A module has to be a file. */
async function importText(text: string, name: string): Promise<Module> {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-'));
  try {
    const path = join(folder, 'program.ts');
    writeFileSync(path, text);
    nameFile(path, name);
    return await importFile(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Anything that may give a generator; an async function never does. */
const isProgram = (value: unknown): value is Program =>
  typeof value === 'function' && !value.constructor.name.startsWith('Async');

/** What runs; a plain function is easily written where a generator was meant. */
function codeOf(program: Program, sys: Sys): Code<unknown> {
  const code = program(sys);
  if (typeof code?.[Symbol.iterator] === 'function') return code;
  throw new TypeError(
    `expected "function* main(sys)", found a function that gives ${String(code)}`,
  );
}
