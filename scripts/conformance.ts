/**
 * Writes the tables of docs/conformance.md and of the guide to it: the groups of the corpus, and how many of their cases the
 * model answers as Linux did.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { casesOf, corpusFolder, groupsOf, readManifest } from '../conformance/corpus.ts';
import { playModel } from '../conformance/model.ts';
import { parseScenario } from '../src/scenario/parse.ts';

const root = new URL('..', import.meta.url);
const begin = '<!-- table: npm run conformance -->\n';
const end = '<!-- end -->';

interface Row {
  readonly group: string;
  readonly about: string;
  readonly cases: number;
  /** Null of concurrent scenarios, which have many outcomes. */
  readonly equal: number | null;
  /** The kernel that recorded them. */
  readonly linux: string;
}

function rows(): Row[] {
  const manifest = readManifest(corpusFolder);
  return groupsOf(corpusFolder).map((group) => {
    const entry = manifest[`linux-${group.kernel}`]?.[group.name];
    if (entry === undefined) throw new Error(`corpus/manifest.json lacks ${group.name}`);
    const cases = casesOf(group).map(({ text, golden }) => ({
      scenario: parseScenario(JSON.parse(text)),
      golden,
    }));
    const lockstep = cases.filter(({ scenario }) => scenario.mode === 'lockstep');
    const { kernel } = group;
    const equal = lockstep.filter(
      ({ scenario, golden }) => playModel(scenario, { kernel }) === golden,
    ).length;
    return {
      group: group.name,
      about: entry.about,
      cases: cases.length,
      equal: lockstep.length === 0 ? null : equal,
      linux: entry.kernel,
    };
  });
}

const lineOf = (...cells: readonly unknown[]): string => `| ${cells.join(' | ')} |\n`;

/** What a page shows of the groups. */
type Table = (rows: readonly Row[]) => string;

const whole: Table = (rows) =>
  lineOf('group', 'what it is about', 'cases', 'equal', 'Linux') +
  lineOf('---', '---', '---:', '---:', '---') +
  rows
    .map(({ group, about, cases, equal, linux }) =>
      lineOf(group, about, cases, equal ?? '–', linux),
    )
    .join('');

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const figures: Table = (rows) => {
  const compared = rows.filter(({ equal }) => equal !== null);
  const cases = sum(compared.map((row) => row.cases));
  const equal = sum(compared.map((row) => row.equal ?? 0));
  return (
    lineOf('group', 'scenarios', 'equal', 'different', 'recorded on Linux') +
    lineOf('---', '---:', '---:', '---:', '---') +
    rows
      .map(({ group, cases, equal, linux }) =>
        lineOf(group, cases, equal ?? '–', equal === null ? '–' : cases - equal, linux),
      )
      .join('') +
    lineOf('all that can be equal', cases, equal, cases - equal, '')
  );
};

const pages: readonly (readonly [path: string, table: Table])[] = [
  ['docs/conformance.md', whole],
  ['docs/guide/how-close.md', figures],
];

export interface Page {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** The pages with their tables made anew. Throws an Error where one has no place for it. */
export function renewedPages(): Page[] {
  const found = rows();
  return pages.map(([path, table]) => {
    const before = readFileSync(new URL(path, root), 'utf8');
    const from = before.indexOf(begin) + begin.length;
    const to = before.indexOf(end, from);
    if (from < begin.length || to < from) throw new Error(`${path} has no table`);
    return { path, before, after: before.slice(0, from) + table(found) + before.slice(to) };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, after } of renewedPages()) writeFileSync(new URL(path, root), after);
}
