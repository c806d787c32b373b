/**
 * Makes few files of many: the kernel with its network and system calls is one, what runs and checks
 * it another. Node takes a third of a millisecond to load a module, and what stands in one file is
 * quicker to reach from each other.
 *
 * The command stays in its files, which are loaded as they are needed. A module that it imports is
 * still there, and hands on what has become of it.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

/** What becomes one file, by the name of that. */
const groups = [
  { name: 'src/kernel/core', test: /src\/(kernel|net|syscalls)\// },
  // What programs are asked is asked of async functions, too, which need nothing else of exports.
  {
    name: 'src/sim/core',
    test: /src\/(?:(?:sim|trace|why|check|scenario)\/|export\/program_answer\.)/,
  },
  { name: 'src/export/core', test: /src\/(strace|export)\// },
];
/** What stays as it is: a command line is read with it, and that is to be quick. */
const apart = /src\/(kernel\/(history|commits_\w+)|check\/schedule_text|syscalls\/near)\./;

const slashed = (path: string): string => path.split(sep).join('/');
const isBundled = (path: string): boolean =>
  !apart.test(slashed(path)) && groups.some(({ test }) => test.test(slashed(path)));

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(folder, file));

/** The modules that a file imports by a relative path, and those that it may import later. */
const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?["'](\.[^"']*)["']/g)].map(
    ([, path]) => resolve(dirname(file), path as string),
  );

/** What bench/ looks at beside the public API. */
const askedByOthers = (outDir: string): string[] => [join(outDir, 'src/check/explore.js')];

export async function bundle(outDir: string): Promise<void> {
  const files = filesIn(outDir);
  const inside = files.filter((file) => isBundled(relative(outDir, file)));
  const index = join(outDir, 'src/index.js');
  const outside = files.filter((file) => !inside.includes(file) && file !== index);
  const asked = new Set([...outside.flatMap(importsOf), ...askedByOthers(outDir)]);
  const entries = [index, ...inside.filter((file) => asked.has(file))];
  const nameOf = (file: string): string => slashed(relative(outDir, file)).replace(/\.js$/, '');
  const build = await rolldown({
    input: Object.fromEntries(entries.map((file) => [nameOf(file), file])),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/'),
    plugins: [staysApart(index)],
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
  for (const file of filesIn(made)) {
    const to = join(outDir, relative(made, file));
    writeFileSync(to, seenFrom(to, readFileSync(file, 'utf8')));
  }
  rmSync(made, { recursive: true });
}

/** The imports of what stays apart, seen from the file that they are in. */
const seenFrom = (file: string, text: string): string =>
  text.replace(/"apart:([^"]*)"/g, (_, path) => {
    const seen = slashed(relative(dirname(file), path));
    return `"${seen.startsWith('.') ? seen : `./${seen}`}"`;
  });

/** What is not bundled is there once, for whoever imports it: its classes are the same for all. */
const staysApart = (index: string): Plugin => ({
  name: 'stays apart',
  resolveId(id, importer) {
    if (importer === undefined || !id.startsWith('.')) return null;
    const file = resolve(dirname(importer), id);
    const isInside = file === index || isBundled(relative(dirname(dirname(index)), file));
    return isInside ? null : { id: `apart:${slashed(file)}`, external: true };
  },
});
