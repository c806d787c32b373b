/**
 * Makes of what was built what a page loads without any tool: dist/browser has a module for each
 * entry that runs in a browser, with the packages that it needs inside.
 *
 * Who has a bundler needs none of this: the modules of dist/src import nothing of Node either, and
 * of them a bundler takes only what is used.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { type Entry, entriesOf, type Manifest } from './entries.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `epollsim` for the entry of that name, `async` for `epollsim/async`. */
export const browserName = ({ name }: Entry): string => name.slice(name.indexOf('/') + 1);

/** The entries that a browser gets a module for. */
export const browserEntries = (manifest: Manifest): Entry[] =>
  entriesOf(manifest).filter(({ host, source }) => host === 'anywhere' && source !== null);

/** Whatever is imported has to be inside; throws an Error that names what is not. */
const nothingOutside: Plugin = {
  name: 'nothing outside',
  async resolveId(id, importer, options) {
    const found = id.startsWith('node:') ? null : await this.resolve(id, importer, options);
    if (found !== null && found.external === false) return found;
    throw new Error(`${importer} imports ${id}, which no browser has`);
  },
};

/** Writes browser/ below `outDir`, which is dist/ or is laid out as it. */
export async function bundleForBrowsers(outDir: string, manifest: Manifest): Promise<void> {
  const folder = join(outDir, 'browser');
  const input = Object.fromEntries(
    browserEntries(manifest).map((entry) => [
      browserName(entry),
      join(outDir, entry.file.replace('./dist/', '')),
    ]),
  );
  const build = await rolldown({ input, platform: 'browser', plugins: [nothingOutside] });
  const { output } = await build.write({
    dir: folder,
    format: 'esm',
    minify: true,
    sourcemap: true,
    // They lie beside it in the package, where a map finds them, and would make it twice as large.
    sourcemapExcludeSources: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
    postBanner: `/*! epollsim ${manifest.version}, GPL-2.0-or-later; what else is inside: LICENSES.txt */`,
  });
  await build.close();
  const chunks = output.filter((one): one is OutputChunk => one.type === 'chunk');
  writeFileSync(join(folder, 'LICENSES.txt'), licencesOf(chunks));
}

/** The licences of the packages of which there is something in the chunks. */
function licencesOf(chunks: readonly OutputChunk[]): string {
  const names = new Set<string>();
  for (const id of chunks.flatMap(({ moduleIds }) => moduleIds)) {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\//.exec(id) ?? [];
    if (name !== undefined) names.add(name);
  }
  return [...names].sort().map(licenceOf).join('\n');
}

function licenceOf(name: string): string {
  const folder = join(root, 'node_modules', name);
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined) throw new Error(`${name} has no licence to go with the browser's bundle`);
  return `${name}\n${'='.repeat(name.length)}\n\n${readFileSync(join(folder, file), 'utf8')}`;
}

/** What a bundler makes of a program that imports these names of that file, minified. */
export async function bundleOf(names: readonly string[] | 'all', file: string): Promise<string> {
  const what = names === 'all' ? '*' : `{ ${names.join(', ')} }`;
  const program = `export ${what} from ${JSON.stringify(resolve(file))};`;
  const build = await rolldown({
    input: 'program',
    platform: 'browser',
    cwd: root,
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === 'program' ? id : null),
        load: (id) => (id === 'program' ? program : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  return output.map((one) => (one.type === 'chunk' ? one.code : '')).join('');
}
