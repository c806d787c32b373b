/**
 * Where in the user's own files an error comes from.
 */
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { userPath } from './input.ts';

/** The folder of the simulator's own code, which is src or dist. */
const ours = `${dirname(dirname(fileURLToPath(import.meta.url)))}/`;

/** Files that were made for text that lay in none, and what the user calls them. */
const aliases: Map<string, string> = new Map();

/** From here on `path` is shown as `name`. */
export function nameFile(path: string, name: string): void {
  aliases.set(path, name);
}

/** A path as the user would write it: short only where it lies below the working folder. */
export function shownPath(path: string): string {
  const alias = aliases.get(path);
  if (alias !== undefined) return alias;
  const short = relative(userPath('.'), path);
  return /^\.\.(?:\/|$)/.test(short) ? path : short;
}

const mostFrames = 5;

/** The innermost places in the user's own files: "at main (loop.ts:7:3)". */
export function framesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const frames: string[] = [];
  const lines = (error.stack ?? '').split('\n');
  // What stands outside of the simulator's outermost function is how the command was started.
  const outermost = lines.map((line) => line.includes(ours)).lastIndexOf(true);
  for (const line of outermost < 0 ? lines : lines.slice(0, outermost)) {
    const found = /^\s*at (?:(.+) \()?(?:file:\/\/)?(\/.+?)(:\d+:\d+)\)?$/.exec(line);
    const [, fn, path = '', place] = found ?? [];
    if (found === null || path.startsWith(ours) || path.includes('/node_modules/')) continue;
    const at = `${shownPath(path)}${place}`;
    frames.push(fn === undefined ? `at ${at}` : `at ${fn} (${at})`);
  }
  return frames.slice(0, mostFrames);
}
