/**
 * How large the package is for a page: `npm run size`. The table in docs/package.md is renewed by
 * `npm run size -- --page`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { report } from '../src/cli/errors.ts';
import { type Row, readWords } from '../src/cli/options.ts';
import { browserEntries, browserName, bundleOf } from './browser.ts';
import { type Manifest, readManifest } from './entries.ts';

const help = `usage: npm run size -- [--json] [--page]

Shows how large the package is for a page: the modules of dist/browser, and what a bundler makes of a
program that imports a name.

      --json  an array of objects: what, raw, gzip, brotli in bytes
      --page  renews the table in docs/package.md
  -h, --help  this text
`;

/** Sizes in bytes. */
export interface Size {
  readonly what: string;
  readonly raw: number;
  readonly gzip: number;
  readonly brotli: number;
}

/**
 * What a page may have to load, gzip, in bytes: a tenth above what it was when this was last looked
 * at. Of entries that are not named here nothing is said.
 */
export const bounds: ReadonlyMap<string, number> = new Map([
  ['dist/browser/epollsim.js', 340_000],
  ["import { simulate } from 'epollsim'", 245_000],
  ["import { check } from 'epollsim'", 260_000],
]);

/** Names that are measured alone: what a first program imports. */
const alone = ['simulate', 'check'];

const sizeOf = (what: string, text: string): Size => ({
  what,
  raw: Buffer.byteLength(text),
  gzip: gzipSync(text, { level: 9 }).length,
  brotli: brotliCompressSync(text).length,
});

/** The modules of dist/browser, each with what it imports, then programs; `dist` is what was built. */
export async function sizes(dist: string, manifest: Manifest): Promise<Size[]> {
  const rows: Size[] = [];
  for (const entry of browserEntries(manifest)) {
    const file = `browser/${browserName(entry)}.js`;
    rows.push(sizeOf(`dist/${file}`, withImports(join(dist, file))));
  }
  for (const name of alone) {
    const text = await bundleOf([name], join(dist, 'src/index.js'));
    rows.push(sizeOf(`import { ${name} } from '${manifest.name}'`, text));
  }
  return rows;
}

/** The texts of a module of dist/browser, and of those beside it that it shares with others. */
function withImports(file: string, seen: Set<string> = new Set()): string {
  if (seen.has(file)) return '';
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(/(?:from|import)\s*["'](\.\/\w+\.js)["']/g)]
    .map(([, path]) => join(file, '..', path as string))
    .filter((path) => existsSync(path));
  return text + imports.map((path) => withImports(path, seen)).join('');
}

/** What is above its bound, and what to do then. */
export function tooLarge(rows: readonly Size[]): string[] {
  const found: string[] = [];
  for (const { what, gzip } of rows) {
    const bound = bounds.get(what) ?? Number.POSITIVE_INFINITY;
    if (gzip <= bound) continue;
    found.push(
      `${what}: ${kB(gzip)} with gzip, and at most ${kB(bound)} were expected. If what came in is ` +
        'worth it to every page, raise the bound in scripts/size.ts and run ' +
        '"npm run size -- --page"; if not, leave it to another entry, or load it late.',
    );
  }
  return found;
}

export const kB = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;

const page = new URL('../docs/package.md', import.meta.url);
const begin = '<!-- sizes: npm run size -- --page -->\n';
const end = '<!-- end -->';

export function tableOf(rows: readonly Size[]): string {
  const head = ['|  | raw | gzip | brotli |', '| --- | ---: | ---: | ---: |'];
  const body = rows.map(
    ({ what, raw, gzip, brotli }) => `| \`${what}\` | ${kB(raw)} | ${kB(gzip)} | ${kB(brotli)} |`,
  );
  return [...head, ...body].map((line) => `${line}\n`).join('');
}

/** Where the table stands in the page; throws if there is none. */
function placeOfTable(text: string): readonly [number, number] {
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end, from);
  if (from < begin.length || to < from) throw new Error('docs/package.md has no table of sizes');
  return [from, to];
}

/** What the page says, gzip, by the first column; in bytes. */
export function shownSizes(): ReadonlyMap<string, number> {
  const text = readFileSync(page, 'utf8');
  const rows = text
    .slice(...placeOfTable(text))
    .matchAll(/^\| `(.+)` \| .+ \| (\d+) kB \| .+ \|$/gm);
  return new Map([...rows].map(([, what, gzip]) => [what as string, Number(gzip) * 1000]));
}

function renewPage(rows: readonly Size[]): void {
  const text = readFileSync(page, 'utf8');
  const [from, to] = placeOfTable(text);
  writeFileSync(page, text.slice(0, from) + tableOf(rows) + text.slice(to));
}

const options: Readonly<Record<string, Row>> = {
  json: {},
  page: {},
  help: { short: 'h' },
};

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(argv, options);
  if (values['help'] === true || positionals.length > 0) {
    process.stderr.write(help);
    return positionals.length > 0 ? 2 : 0;
  }
  const dist = fileURLToPath(new URL('../dist', import.meta.url));
  const rows = await sizes(dist, readManifest());
  if (values['page'] === true) renewPage(rows);
  process.stdout.write(values['json'] === true ? `${JSON.stringify(rows)}\n` : tableOf(rows));
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2)).catch(report);
}
