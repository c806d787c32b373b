/** The command as it is installed: built, so that it starts in a fraction of the time. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Inside of node_modules, so that what is built finds its packages. */
const home = join(root, 'node_modules/.epollsim-command');

/** Not part of the package, or in the way of what is built. */
const left = ['dist', 'node_modules', 'src', 'test'];

/** Builds it; what starts it, a word each. What it reads of the package is that of the checkout. */
export function buildCommand(): readonly string[] {
  mkdirSync(home, { recursive: true });
  for (const name of readdirSync(root)) {
    const link = join(home, name);
    if (name.startsWith('.') || left.includes(name) || existsSync(link)) continue;
    symlinkSync(join(root, name), link);
  }
  const dist = join(home, 'dist');
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts', dist], {
    cwd: root,
    stdio: 'pipe',
  });
  // The site of the lab takes longer to build; this stands in its place.
  mkdirSync(join(dist, 'lab'));
  writeFileSync(join(dist, 'lab/index.html'), '<!doctype html><title>lab</title>');
  return [process.execPath, join(dist, 'bin/epollsim.js')];
}
