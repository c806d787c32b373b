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

/** So long nobody tests on what an older version has built, in ms. */
const longestRun = 3_600_000;

/** Builds them where that is not done; the folder that they are in. */
export function builtPages(): string {
  const folder = join(home, digest());
  if (existsSync(folder)) return folder;
  mkdirSync(home, { recursive: true });
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
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Another test file has built the same in the meantime.
    if (!existsSync(folder)) throw error;
    rmSync(fresh, { recursive: true });
  }
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
    .sort();
}

function forgetOld(): void {
  for (const name of readdirSync(home)) {
    const folder = join(home, name);
    if (Date.now() - statSync(folder).mtimeMs > longestRun) rmSync(folder, { recursive: true });
  }
}
