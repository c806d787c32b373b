/** Runs commands as somebody would who installs the package. */
import { execFile } from 'node:child_process';

export interface Ran {
  /** Null where it was ended by a signal or never began. */
  readonly code: number | null;
  readonly stdout: string;
  /** Standard output, then standard error. */
  readonly out: string;
}

export interface Where {
  readonly cwd: string;
  /** What stands first in PATH. */
  readonly path?: readonly string[];
  readonly signal: AbortSignal;
}

/** A check of the package. */
export interface Outcome {
  readonly what: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Why it is so; lines. */
  readonly details: readonly string[];
  readonly seconds: number;
}

/** What npm and our own condition have set for this process, none of which a stranger's shell has. */
const isOurs = (name: string): boolean => /^npm_(?!config_)|^NODE_OPTIONS$|^VITEST/.test(name);

function environment(path: readonly string[]): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !isOurs(name));
  const paths = [...path, process.env['PATH'] ?? ''];
  return { ...Object.fromEntries(entries), PATH: paths.join(':'), NO_COLOR: '1', CI: 'true' };
}

/** Runs a shell command; it has five minutes. Throws only where `signal` ends it. */
export function run(command: string, { cwd, path = [], signal }: Where): Promise<Ran> {
  const options = { cwd, env: environment(path), timeout: 300_000, maxBuffer: 1 << 28, signal };
  return new Promise((done, fail) => {
    execFile('sh', ['-c', command], options, (error, stdout, stderr) => {
      if (signal.aborted) fail(signal.reason);
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      done({ code, stdout, out: stdout + stderr });
    });
  });
}

/** The last lines of what a command printed. */
export const lastLines = (text: string, count = 20): string[] =>
  text.trimEnd().split('\n').slice(-count);

/** What a check finds: nothing, or why it fails; or that it cannot be made. */
export type Found = readonly string[] | { readonly skipped: string };

/** Makes a check, which takes as long as it takes. */
export async function check(what: string, make: () => Promise<Found>): Promise<Outcome> {
  const started = performance.now();
  const found = await make();
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  if ('skipped' in found) return { what, status: 'skipped', details: [found.skipped], seconds };
  return { what, status: found.length === 0 ? 'passed' : 'failed', details: found, seconds };
}

/** A check that a command ends well. */
export const succeeds = (what: string, command: string, where: Where): Promise<Outcome> =>
  check(what, async () => {
    const { code, out } = await run(command, where);
    return code === 0 ? [] : [`${command}: exit code ${code}`, ...lastLines(out)];
  });
