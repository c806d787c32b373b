/** Runs the command as a user does: as a process of its own, from the sources. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../../src/cli/arguments.ts';
import { play } from '../../src/cli/play.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const tsx = import.meta.resolve('tsx');
const commandIn = (folder: string): string[] => [
  '--conditions=epollsim:src',
  `--import=${tsx}`,
  join(folder, 'bin/epollsim.ts'),
];
const command = commandIn(root);

/** What starts the command, a word each. */
export const commandLine = (): string[] => [process.execPath, ...command];

/** For tests that start processes, on a machine that is busy with other things. */
export const slow = { timeout: 120_000 };

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `epollsim args…` to its end; `input` is its standard input. */
export function epollsim(
  args: readonly string[],
  input = '',
  node: string[] = [],
  env: Readonly<Record<string, string>> = {},
): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, ...command, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { code: status, out: stdout, err: stderr };
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Where the sources of the command are. */
  readonly root?: string;
}

/** Starts `epollsim args…`, in the folder of the project unless told otherwise. */
export function startEpollsim(args: readonly string[], options: StartOptions = {}): ChildProcess {
  const { root: home = root, cwd = home, ...rest } = options;
  return spawn(process.execPath, [...commandIn(home), ...args], { cwd, ...rest });
}

/** How a process ended, and what it said to persons. */
export function endOf(child: ChildProcess): Promise<{ how: number | string | null; err: string }> {
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ how: signal ?? code, err }));
  });
}

/** A file in a folder that no package is around. */
export function fileWith(text: string, name = 'file'): string {
  const path = join(mkdtempSync(join(tmpdir(), 'epollsim-test-')), name);
  writeFileSync(path, text);
  return path;
}

/** A scenario on one line. */
export const scenario = (name: string, ...steps: object[]): string =>
  JSON.stringify({ name, steps });

export const lines = (text: string): string[] => text.split('\n').slice(0, -1);

/** Plays in this process; the exit code, and what was written. */
export async function played(...args: string[]): Promise<{ code: number; out: string }> {
  const path = fileWith('');
  const request = readArguments(['play', '-o', path, ...args]);
  const code = await play(request);
  return { code, out: readFileSync(path, 'utf8') };
}
