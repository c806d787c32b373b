/** Builds exported C programs and runs them, several at a time. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyNotLive } from '../../conformance/live.ts';

export interface Built {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

const compiler = process.env['CC'] ?? 'cc';
const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-pthread', '-O0'];
const atOnce = 3;

/** Why exported programs cannot be held against recordings of this release; null where they can. */
export function whyNotHere(recorded: string): string | null {
  const why = whyNotLive();
  if (why !== null) return why;
  if (spawnSync(compiler, ['--version']).status !== 0) return `there is no C compiler ${compiler}`;
  const order = (text: string): number => {
    const [major = 0, minor = 0] = text.split('.').map((part) => Number.parseInt(part, 10));
    return major * 1000 + minor;
  };
  if (order(release()) >= order(recorded)) return null;
  return `this is Linux ${release()}, older than ${recorded}, which was recorded`;
}

const run = (program: string, args: readonly string[], cwd: string): Promise<Built> =>
  new Promise((resolve) => {
    execFile(program, [...args], { cwd, timeout: 120_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ stdout, stderr, status });
    });
  });

/** How often a program is run again that has printed something else; conform asks as often. */
const again = 4;

/** Builds one and runs it; what the compiler says where it refuses. */
async function buildAndRun(
  text: string,
  name: string,
  args: readonly string[],
  folder: string,
  expected: string | undefined,
) {
  const source = join(folder, `${name}.c`);
  const program = join(folder, name);
  writeFileSync(source, text);
  const built = await run(compiler, [...flags, '-o', program, source], folder);
  if (built.status !== 0) return built;
  let ran = await run(program, args, folder);
  for (let i = 0; i < again && expected !== undefined && ran.stdout !== expected; i++) {
    ran = await run(program, args, folder);
  }
  rmSync(program);
  return ran;
}

/**
 * Builds and runs C programs; their answers, in order. One that does not print what is expected of
 * it is run again: how much TCP takes at a time hangs on when the kernel delays an ACK.
 */
export async function runAll(
  texts: readonly string[],
  args: readonly string[] = [],
  expected: readonly string[] = [],
): Promise<Built[]> {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-export-'));
  const results: Built[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < texts.length) {
      const i = next++;
      results[i] = await buildAndRun(
        texts[i] as string,
        `scenario-${i}`,
        args,
        folder,
        expected[i],
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

/** What the compiler has to say of a program, at a level of optimisation: nothing, it is hoped. */
export async function compilerSays(text: string, level: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-export-'));
  try {
    const source = join(folder, 'scenario.c');
    writeFileSync(source, text);
    const { stderr } = await run(
      compiler,
      [...flags, level, '-c', '-o', '/dev/null', source],
      folder,
    );
    return stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
