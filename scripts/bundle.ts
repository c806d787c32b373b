/**
 * Makes few files of many: the kernel with its network and system calls is one, what runs and checks
 * it another. Node takes a third of a millisecond to load a module, and what stands in one file is
 * quicker to reach from each other.
 *
 * The command stays in its files, which are loaded as they are needed. A module that it imports is
 * still there, and hands on what has become of it.
 */
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { rolldown } from 'rolldown';

/** What becomes one file, by the name of that. */
const groups = [
  { name: 'src/kernel/core', test: /src\/(kernel|net|syscalls)\// },
  { name: 'src/sim/core', test: /src\/(sim|trace|check|scenario)\// },
];

const slashed = (path: string): string => path.split(sep).join('/');
const isInGroup = (path: string): boolean => groups.some(({ test }) => test.test(slashed(path)));

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(folder, file));

/** The modules that a file imports by a relative path, and those that it may import later. */
const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?["'](\.[^"']*)["']/g)].map(
    ([, path]) => resolve(dirname(file), path as string),
  );

export async function bundle(outDir: string): Promise<void> {
  const files = filesIn(outDir);
  const inside = files.filter((file) => isInGroup(relative(outDir, file)));
  const index = join(outDir, 'src/index.js');
  const outside = files.filter((file) => !inside.includes(file) && file !== index);
  const asked = new Set(outside.flatMap(importsOf));
  const entries = [index, ...inside.filter((file) => asked.has(file))];
  const nameOf = (file: string): string => slashed(relative(outDir, file)).replace(/\.js$/, '');
  const build = await rolldown({
    input: Object.fromEntries(entries.map((file) => [nameOf(file), file])),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  });
  const made = join(outDir, '.made');
  await build.write({
    dir: made,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: { groups },
    comments: { legal: false, annotation: false, jsdoc: false },
  });
  await build.close();
  for (const file of [...inside, index]) rmSync(file);
  for (const file of filesIn(made)) renameSync(file, join(outDir, relative(made, file)));
  rmSync(made, { recursive: true });
}
