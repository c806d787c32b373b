/** The entries of the package, as the exports of package.json have them. */
import { readFileSync } from 'node:fs';

export interface Entry {
  /** How it is imported: `epollsim/async`. */
  readonly name: string;
  /** Its key among the exports: `./async`. */
  readonly subpath: string;
  /** What is imported, by its path from package.json. */
  readonly file: string;
  /** Its types, by their path from package.json. */
  readonly types: string;
  /** Its source, by its path from package.json; null for what is made of another entry. */
  readonly source: string | null;
  readonly host: Host;
}

/**
 * Where an entry can be imported: anywhere, with nothing of Node behind it; in Node; or in a test
 * that vitest runs.
 */
export type Host = 'anywhere' | 'node' | 'vitest';

/** Every other entry runs anywhere. */
const hosts: ReadonlyMap<string, Host> = new Map([
  ['./node', 'node'],
  ['./vitest', 'vitest'],
  ['./vitest/plugin', 'node'],
]);

interface Target {
  readonly 'epollsim:src'?: string;
  readonly types: string;
  readonly default: string;
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, Target | string>>;
}

export const readManifest = (): Manifest =>
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest;

/** The entries with code, in the order of package.json; files like `./package.json` are none. */
export function entriesOf({ name, exports }: Manifest): Entry[] {
  const entries: Entry[] = [];
  for (const [subpath, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue;
    entries.push({
      name: `${name}${subpath.slice(1)}`,
      subpath,
      file: target.default,
      types: target.types,
      source: target['epollsim:src'] ?? null,
      host: hosts.get(subpath) ?? 'anywhere',
    });
  }
  return entries;
}
