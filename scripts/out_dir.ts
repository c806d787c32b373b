/** Where a build goes: nothing is deleted there but an earlier build. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Says that a folder is a build, whatever was put beside it, and wherever it was interrupted. */
const mark = '.epollsim-build';

/** What a build made before there was a mark. */
const made: readonly string[] = ['bin', 'browser', 'conformance', 'src'];

/** The folder as a whole path, empty and marked; throws an Error if something else is in it. */
export function clearedOutDir(path: string): string {
  const outDir = resolve(path);
  if (existsSync(outDir)) clear(outDir);
  mkdirSync(outDir, { recursive: true });
  writeFileSync(join(outDir, mark), '');
  return outDir;
}

function clear(outDir: string): void {
  const refuse = (found: string): Error =>
    new Error(
      `cannot build into ${outDir}: expected no such folder, an empty one, or an earlier build, found ${found}`,
    );
  if (!statSync(outDir).isDirectory()) throw refuse('what is no folder');
  const names = readdirSync(outDir);
  if (!names.includes(mark)) {
    const other = names.find((name) => !made.includes(name));
    if (other !== undefined) throw refuse(`"${other}" in it`);
    const isBuild = names.length === 0 || existsSync(join(outDir, 'bin/epollsim.js'));
    if (!isBuild) throw refuse('no bin/epollsim.js in it');
  }
  for (const name of names) rmSync(join(outDir, name), { recursive: true });
}
