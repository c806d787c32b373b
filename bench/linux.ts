/** Builds the C program, where that can be. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { How } from './row.ts';

export function buildLinux(folder: string): How['linux'] {
  if (process.platform !== 'linux') return { why: `this is ${process.platform}, not Linux` };
  const program = join(folder, 'linux');
  const source = join(import.meta.dirname, 'linux.c');
  try {
    execFileSync('cc', ['-O2', '-pthread', '-o', program, source], { stdio: 'pipe' });
    return { program };
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code === 'ENOENT') return { why: 'there is no C compiler (cc)' };
    return {
      why: `cc failed: ${
        String(stderr ?? error)
          .trim()
          .split('\n')[0]
      }`,
    };
  }
}
