/**
 * The corpus: scenarios and what Linux answered, a group a pair of files, and a manifest that says
 * what the groups are about and which kernel was asked.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileError, reasonOf } from '../src/cli/errors.ts';
import { packageFile } from '../src/shared/home.ts';

export const corpusFolder: string = fileURLToPath(packageFile('corpus'));

/** What the manifest says of a group. */
export interface GroupEntry {
  readonly about: string;
  /** The release that answered, as exactly as is known. */
  readonly kernel: string;
  readonly cases: number;
}

/** By folder (`linux-6.18`), then by group. */
export type Manifest = Readonly<Record<string, Readonly<Record<string, GroupEntry>>>>;

export interface Case {
  /** The document as it stands in the file. */
  readonly text: string;
  readonly golden: string;
}

export interface Group {
  readonly name: string;
  /** The kernel of the folder, such as `6.18`. */
  readonly kernel: string;
  readonly file: string;
}

const scenarioFile = (folder: string, group: string): string =>
  join(folder, `${group}.scenarios.ndjson`);
const goldenFile = (folder: string, group: string): string =>
  join(folder, `${group}.golden.ndjson`);
const manifestFile = (corpus: string): string => join(corpus, 'manifest.json');

const linesOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

/** Every group, in the order of its names. */
export function groupsOf(corpus: string): Group[] {
  const folders = readdirSync(corpus).filter((name) => name.startsWith('linux-'));
  return folders.sort().flatMap((folder) =>
    readdirSync(join(corpus, folder))
      .filter((file) => file.endsWith('.scenarios.ndjson'))
      .map((file) => groupOf(join(corpus, folder, file)) as Group)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
}

/** The group that a file belongs to; null where it is no file of a corpus. */
export function groupOf(path: string): Group | null {
  const name = /^(.+)\.scenarios\.ndjson$/.exec(basename(path))?.[1];
  const kernel = /^linux-(\d.*)$/.exec(basename(dirname(path)))?.[1];
  if (name === undefined || kernel === undefined) return null;
  return existsSync(goldenFile(dirname(path), name)) ? { name, kernel, file: path } : null;
}

export function casesOf({ name, file }: Group): Case[] {
  const goldens = linesOf(goldenFile(dirname(file), name));
  return linesOf(file).map((text, i) => ({ text, golden: goldens[i] ?? '' }));
}

export function readManifest(corpus: string): Manifest {
  const path = manifestFile(corpus);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : {};
}

/** Writes cases into a group: in the place of those of the same name, else behind the others. */
export function record(
  corpus: string,
  release: string,
  group: string,
  cases: readonly Case[],
  entry: { readonly about: string | undefined; readonly kernel: string },
): void {
  const folder = join(corpus, `linux-${release}`);
  try {
    mkdirSync(folder, { recursive: true });
    const path = scenarioFile(folder, group);
    const all = new Map<string, Case>();
    const before = existsSync(path) ? casesOf({ name: group, kernel: release, file: path }) : [];
    for (const one of [...before, ...cases]) all.set(nameIn(one.text), one);
    const texts = [...all.values()];
    write(path, texts.map(({ text }) => `${text}\n`).join(''));
    write(goldenFile(folder, group), texts.map(({ golden }) => `${golden}\n`).join(''));
    note(corpus, `linux-${release}`, group, { ...entry, cases: texts.length });
  } catch (error) {
    throw new FileError(`cannot write the corpus: ${reasonOf(error)}`);
  }
}

const nameIn = (text: string): string => (JSON.parse(text) as { name: string }).name;

function note(
  corpus: string,
  folder: string,
  group: string,
  { about, kernel, cases }: { about: string | undefined; kernel: string; cases: number },
): void {
  const manifest = readManifest(corpus);
  const groups = manifest[folder] ?? {};
  const entry = { about: about ?? groups[group]?.about ?? '', kernel, cases };
  const sorted = Object.entries({ ...groups, [group]: entry }).sort(([a], [b]) => (a < b ? -1 : 1));
  const next = { ...manifest, [folder]: Object.fromEntries(sorted) };
  write(manifestFile(corpus), `${JSON.stringify(next, null, 2)}\n`);
}

/** Whoever reads meanwhile sees the old file or the new one. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
