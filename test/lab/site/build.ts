/** The pages as vitepress builds them: once for all test files, and again only where they would be others. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const home = join(root, 'node_modules/.epollsim-site');

/** What the pages are made of; what of it is not in the project, the lock names by its version. */
const sources = ['lab', 'src', 'docs/scenario.schema.json', 'package.json', 'package-lock.json'];

/** So long no build takes, in ms. */
const longestBuild = 300_000;

/** So long nobody tests on what an older version has built, in ms. */
const longestRun = 3_600_000;

/** Builds them where that is not done; the folder that they are in. */
export function builtPages(): string {
  mkdirSync(home, { recursive: true });
  return alone(() => {
    const folder = join(home, digest());
    return existsSync(folder) ? folder : build(folder);
  });
}

/** Vitepress has one place for what lies half way: two workers would take it from each other. */
function alone<T>(work: () => T): T {
  const lock = join(home, 'building');
  while (!isMade(lock)) {
    const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    // Who was killed leaves it behind.
    if (Date.now() - since > longestBuild) rmSync(lock, { recursive: true, force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    return work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function isMade(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function build(folder: string): string {
  forgetOld();
  const fresh = mkdtempSync(join(home, 'building-'));
  const vitepress = join(root, 'node_modules/vitepress/bin/vitepress.js');
  execFileSync(process.execPath, [vitepress, 'build', 'lab', '--outDir', fresh], {
    cwd: root,
    stdio: 'pipe',
    env: { ...process.env, NODE_ENV: 'production', VITEST: '' },
  });
  // Somebody has written meanwhile: of what it was made nobody knows.
  if (join(home, digest()) !== folder) return fresh;
  renameSync(fresh, folder);
  return folder;
}

function digest(): string {
  const hash = createHash('sha256').update(process.env['EPOLLSIM_LAB_BASE'] ?? '');
  for (const file of sources.flatMap(filesOf)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

function filesOf(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name).slice(root.length))
    .filter((file) => !/\.vitepress[\\/](\.temp|cache)/.test(file))
    .sort();
}

function forgetOld(): void {
  for (const name of readdirSync(home)) {
    const folder = join(home, name);
    if (Date.now() - statSync(folder).mtimeMs > longestRun) rmSync(folder, { recursive: true });
  }
}
