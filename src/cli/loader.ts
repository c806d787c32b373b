/**
 * Loads a program, in TypeScript or JavaScript, from wherever it lies.
 *
 * What it imports as `epollsim` is the code that runs this command, so that both mean the same
 * classes. Whether it is an ES module or CommonJS shows in what it says, as the package around it was
 * most likely made by `npm init`.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { thrownInWords } from '../syscalls/found.ts';
import { answerRequires, isCommonJs, requireFile } from './common_js.ts';
import {
  defaultOf,
  type GivenProgram,
  givenBy,
  type LoadedModule,
  ProgramError,
} from './default_export.ts';
import { refuseExits } from './exits.ts';
import { type Input, userPath } from './input.ts';
import { isModule } from './kind.ts';
import { ownEntries } from './own_entries.ts';
import { framesOf, nameFile, shownPath } from './stack.ts';
import type { Loaded } from './tracking_hooks.ts';

/** Is this the source, run by tsx, or what was built from it? */
const fromSource = import.meta.url.endsWith('.ts');

/**
 * The same as an ES module, if it is a program's that is one, whatever the package around it says: tsx
 * marks in the address what it takes for another.
 */
const asModule = (found: Resolved, isOther: (url: string) => boolean): Resolved => {
  const url = found.url.split(/[?]|%3F/, 1)[0] ?? '';
  const isTheirs = /^file:.*\.[jt]s$/.test(url) && !url.includes('/node_modules/');
  return found.format === 'commonjs' && isTheirs && !isOther(url)
    ? { ...found, url, format: 'module' }
    : found;
};

const isOther = (url: string): boolean => isCommonJs(url, readFileSync(new URL(url), 'utf8'));

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

/** For Node 20, where modules are looked for in another thread: the same rules, as text. */
const hooks = `
import { readFileSync } from 'node:fs';
const own = new Map(${JSON.stringify([...ownEntries])});
const isCommonJs = ${isCommonJs};
const isOther = (url) => isCommonJs(url, readFileSync(new URL(url), 'utf8'));
const asModule = ${asModule};
export async function resolve(specifier, context, next) {
  if (own.has(specifier)) return await next(own.get(specifier), context);
  return asModule(await next(specifier, context), isOther);
}`;

let registered = false;

/** From here on programs are found, as the head of this file says. */
export async function registerRules(): Promise<void> {
  if (registered) return;
  registered = true;
  refuseExits();
  if (!fromSource) (await import('tsx/esm/api')).register();
  if (registerHooks === undefined) {
    nodeModule.register(`data:text/javascript,${encodeURIComponent(hooks)}`);
    await answerRequires(['epollsim']); // Of which such hooks do not hear.
    return;
  }
  registerHooks({
    resolve(specifier, context, next) {
      const own = ownEntries.get(specifier);
      if (own === undefined) return asModule(next(specifier, context), isOther);
      const { conditions = [] } = context as { conditions?: readonly string[] };
      return next(conditions.includes('require') ? fileURLToPath(own) : own, context);
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
export async function loadProgram(path: string, input: Input): Promise<GivenProgram> {
  return isModule(path)
    ? await importProgram(userPath(path))
    : givenBy(await importText(input.rest(), input.name));
}

/** What a file exports as its default, as it is, or standard input for `-`. */
export async function loadDefault(path: string, input: Input): Promise<unknown> {
  return defaultOf(
    isModule(path) ? await loadFile(userPath(path)) : await importText(input.rest(), input.name),
  );
}

/** The same of a text; `name` is for messages. */
export const loadTextDefault = async (text: string, name: string): Promise<unknown> =>
  defaultOf(await importText(text, name));

/** The program whose source the text is; `name` is for messages. */
export const loadText = async (text: string, name: string): Promise<GivenProgram> =>
  givenBy(await importText(text, name));

/** The program of a module. */
export const importProgram = async (path: string): Promise<GivenProgram> =>
  givenBy(await loadFile(path));

/** What a file exports as an ES module; throws a ProgramError if it is none. */
export async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  await registerRules();
  return (await loading(path, () => import(pathToFileURL(path).href))) as Record<string, unknown>;
}

/** The module in a file, by import or by require(); throws a ProgramError if there is none. */
async function loadFile(path: string): Promise<LoadedModule> {
  const text = textOf(path);
  if (!isCommonJs(path, text)) return { exported: await importFile(path), isCommonJs: false, text };
  await registerRules();
  const exported = (await loading(path, () => requireFile(path))) as Record<string, unknown>;
  return { exported, isCommonJs: true, text };
}

/** Workers have some programs from elsewhere than from the path that they go by. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function loading(path: string, load: () => Promise<unknown>): Promise<unknown> {
  try {
    return await load();
  } catch (error) {
    const what = thrownInWords(error);
    const [first = '', second = ''] = what.replaceAll(path, shownPath(path)).split('\n');
    // A compiler says in the second line what is wrong, and in the first only that it failed.
    const reason = first.endsWith(':') ? second : first;
    throw new ProgramError(`the program cannot be loaded: ${reason}`, framesOf(error));
  }
}

/** A module has to be a file. */
async function importText(text: string, name: string): Promise<LoadedModule> {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-'));
  try {
    const path = join(folder, isCommonJs('', text) ? 'program.cts' : 'program.ts');
    writeFileSync(path, text);
    nameFile(path, name);
    return await loadFile(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
