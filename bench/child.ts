/** Processes that are run to their end for what they print, and are gone with Ctrl-C. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

export const root: string = join(import.meta.dirname, '..');

export interface Ran {
  readonly out: string;
  readonly code: number;
}

/** Any exit code will do; throws where the command cannot be started, or a signal ends it. */
export function run(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  cwd: string = root,
): Promise<Ran> {
  return new Promise((done, fail) => {
    execFile(command, args, { cwd, signal, maxBuffer: 1 << 30 }, (error, out, said) => {
      if (error === null) done({ out, code: 0 });
      else if (typeof error.code === 'number') done({ out: out + said, code: error.code });
      else fail(error);
    });
  });
}

/** A script of this folder; what it prints. Throws the last line that it says if it fails. */
export async function script(
  path: string,
  args: readonly (string | number)[],
  signal: AbortSignal,
  flags: readonly string[] = [],
): Promise<string> {
  const words = [...flags, '--import=tsx', join('bench', path), ...args.map(String)];
  const { out, code } = await run(process.execPath, words, signal);
  if (code === 0) return out;
  const why = out.split('\n').find((line) => /^\w*Error: /.test(line));
  throw new Error(`bench/${path}: ${why ?? `it ended with ${code}`}`);
}
