/** Where a build goes: nothing is deleted there but an earlier build. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What a build makes, and one of its files, which nothing else has. */
const made: readonly string[] = ['bin', 'browser', 'conformance', 'src'];
const mark = 'bin/epollsim.js';

/** The folder as a whole path, empty or not there; throws an Error if something else is in it. */
export function clearedOutDir(path: string): string {
  const outDir = resolve(path);
  if (!existsSync(outDir)) return outDir;
  const refuse = (found: string): Error =>
    new Error(
      `cannot build into ${outDir}: expected no such folder, an empty one, or an earlier build, found ${found}`,
    );
  if (!statSync(outDir).isDirectory()) throw refuse('what is no folder');
  const names = readdirSync(outDir);
  const other = names.find((name) => !made.includes(name));
  if (other !== undefined) throw refuse(`"${other}" in it`);
  if (names.length > 0 && !existsSync(join(outDir, mark))) throw refuse(`no ${mark} in it`);
  for (const name of names) rmSync(join(outDir, name), { recursive: true });
  return outDir;
}
