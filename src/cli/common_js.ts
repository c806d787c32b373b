/**
 * Programs that are CommonJS modules: they ask for others by require(), and export by module.exports.
 *
 * What they ask for as `epollsim` is the code that runs this command, as it is for ES modules.
 */
import { createRequire, Module } from 'node:module';
import { ownEntries } from './own_entries.ts';

/**
 * Does the file ask for its modules by require()? Its name says so (.cjs, .cts), or else what it says;
 * the package around it says nothing, as it is made by `npm init`. Self-contained: Node 20 looks for
 * modules in another thread, which is given the text of this function.
 */
export function isCommonJs(path: string, text: string): boolean {
  if (/\.c[jt]s$/.test(path)) return true;
  if (/\.m[jt]s$/.test(path)) return false;
  if (/^\s*(?:export\s*=|(?:export\s+)?import\s+[\w$]+\s*=\s*require\b)/m.test(text)) return true;
  if (/^\s*(?:import|export)\b/m.test(text)) return false;
  return /\bmodule\.exports\b|\bexports\.[\w$]|\brequire\s*\(/.test(text);
}

type LoadModule = (this: unknown, request: string, ...more: unknown[]) => unknown;

let registered = false;

/** What a CommonJS module exports; throws what loading it throws. */
export async function requireFile(path: string): Promise<unknown> {
  if (!registered) {
    registered = true;
    (await import('tsx/cjs/api')).register();
    await answerRequires(ownEntries.keys());
  }
  return createRequire(path)(path);
}

/** What require() gives for names of this package. */
const own: Map<string, unknown> = new Map();

/** From here on who requires one of these names has the code that runs the command. */
export async function answerRequires(names: Iterable<string>): Promise<void> {
  const isFirst = own.size === 0;
  for (const name of names) own.set(name, await import(ownEntries.get(name) ?? name));
  if (!isFirst) return;
  const loader = Module as unknown as { _load: LoadModule };
  const load = loader._load;
  loader._load = function (request, ...more) {
    return own.get(request) ?? load.call(this, request, ...more);
  };
}
