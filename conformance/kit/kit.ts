/**
 * The conformance kit: the corpus with its transcripts, a player in C that has all of its scenarios,
 * and a driver for a shell, as the files of one folder.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { FileError } from '../../src/cli/errors.ts';
import { groupSymbol, nameTables, toManyC } from '../../src/export/c/many.ts';
import { OutcomeSearch } from '../../src/scenario/outcomes.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { packageFile } from '../../src/shared/home.ts';
import { type Case, casesOf, type Group, groupsOf, readManifest } from '../corpus.ts';

/** A file by its path within the kit. */
export interface KitFile {
  readonly path: string;
  readonly text: string;
  readonly isProgram: boolean;
}

export interface KitOptions {
  readonly corpus: string;
  /** Of the package. */
  readonly version: string;
  /** Which groups of the corpus; all when absent. */
  readonly groups?: readonly string[];
  /** Is told before each concurrent scenario is searched for its outcomes. */
  readonly progress?: (name: string) => void;
}

interface KitCase extends Case {
  readonly scenario: Scenario;
  /** From 1, in the file of its group. */
  readonly line: number;
}

interface KitGroup extends Group {
  readonly about: string;
  /** The release that has answered. */
  readonly recorded: string;
  readonly cases: readonly KitCase[];
}

type Mode = Scenario['mode'];

/** Every file of the kit, in the order of their paths; throws a FileError. */
export function kitFiles(options: KitOptions): KitFile[] {
  const groups = groupsFor(options);
  const files = [
    ...driverFiles(),
    ...documentFiles(),
    ...corpusFiles(options.corpus, groups),
    ...playerFiles(groups),
    file('VERSION', `${options.version}\n`),
    file('groups.tsv', groups.flatMap(groupRows).join('')),
    file('scenarios.tsv', groups.flatMap(scenarioRows).join('')),
    file('outcomes.tsv', outcomeRows(groups, options).join('')),
  ];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const file = (path: string, text: string, isProgram = false): KitFile => ({
  path,
  text,
  isProgram,
});

const textOf = (path: string): string => readFileSync(packageFile(path), 'utf8');

// ---- which scenarios ----

function groupsFor({ corpus, groups: wanted }: KitOptions): KitGroup[] {
  const all = groupsOf(corpus);
  const unknown = wanted?.find((name) => !all.some((group) => group.name === name));
  if (unknown !== undefined) {
    const names = all.map(({ name }) => name).join(', ');
    throw new FileError(`no group "${unknown}" in the corpus: expected one of ${names}`);
  }
  const taken = all.filter(({ name }) => wanted?.includes(name) ?? true);
  const twice = taken.find(({ name }, i) => taken.findIndex((one) => one.name === name) !== i);
  if (twice !== undefined) {
    throw new FileError(`the group "${twice.name}" stands in two folders of the corpus`);
  }
  const manifest = readManifest(corpus);
  return taken.map((group) => {
    const entry = manifest[`linux-${group.kernel}`]?.[group.name];
    const about = plain(entry?.about ?? '');
    return { ...group, about, recorded: entry?.kernel ?? group.kernel, cases: kitCases(group) };
  });
}

/** What a shell, a C compiler and a file system have no trouble with. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function kitCases(group: Group): KitCase[] {
  const names = new Set<string>();
  const check = (name: string | null): void => {
    const problem =
      name === null || !namePattern.test(name)
        ? 'expected letters, digits and . _ -'
        : names.has(name)
          ? 'it stands there twice'
          : '';
    if (problem !== '') {
      throw new FileError(`${group.name}: ${JSON.stringify(name)} as a name: ${problem}`);
    }
    names.add(name ?? '');
  };
  check(group.name);
  names.clear();
  return casesOf(group).map((one, i) => {
    const scenario = parseScenario(JSON.parse(one.text));
    check(scenario.name);
    return { ...one, scenario, line: i + 1 };
  });
}

/** Without the links of Markdown, on one line. */
const plain = (text: string): string =>
  text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .replace(/\s+/g, ' ');

const modesOf = ({ cases }: KitGroup): Mode[] =>
  (['lockstep', 'concurrent'] as const).filter((mode) =>
    cases.some(({ scenario }) => scenario.mode === mode),
  );

// ---- tables for the driver, with tabs between ----

const row = (...cells: readonly (string | number)[]): string => `${cells.join('\t')}\n`;

/** Group, mode, how many scenarios, which kernel has answered, what it is about. */
const groupRows = (group: KitGroup): string[] =>
  modesOf(group).map((mode) => {
    const count = group.cases.filter(({ scenario }) => scenario.mode === mode).length;
    return row(group.name, mode, count, group.recorded, group.about);
  });

/** Group and name, mode, the files without what follows their dot, and the line in them. */
const scenarioRows = (group: KitGroup): string[] =>
  group.cases.map(({ scenario: { name, mode }, line }) =>
    row(`${group.name}/${name}`, mode, `corpus/linux-${group.kernel}/${group.name}`, line),
  );

/** So many interleavings of a concurrent scenario are run before some are taken at random. */
const mostExecutions = 10_000;

/** Of each concurrent scenario whether all outcomes are known, and which: recorded or possible. */
function outcomeRows(groups: readonly KitGroup[], { progress }: KitOptions): string[] {
  return groups.flatMap((group) =>
    group.cases
      .filter(({ scenario }) => scenario.mode === 'concurrent')
      .flatMap(({ scenario, golden }) => {
        const id = `${group.name}/${scenario.name}`;
        progress?.(id);
        const { outcomes } = JSON.parse(golden) as { outcomes: unknown[] };
        const recorded = outcomes.map((one) => JSON.stringify(one));
        const { complete, possible } = possibleOutcomes(scenario, group.kernel);
        const others = possible.filter((one) => !recorded.includes(one));
        return [
          row(id, complete ? 'complete' : 'partial', ''),
          ...recorded.map((one) => row(id, 'recorded', one)),
          ...others.map((one) => row(id, 'possible', one)),
        ];
      }),
  );
}

function possibleOutcomes(
  scenario: Scenario,
  kernel: string,
): { readonly complete: boolean; readonly possible: readonly string[] } {
  const search = new OutcomeSearch(scenario, { kernel, executions: mostExecutions });
  while (search.next());
  const { complete, found } = search.outcomes();
  return { complete, possible: found.map(({ text }) => text) };
}

// ---- files ----

const ownFolder = 'conformance/kit';

function driverFiles(): KitFile[] {
  const names = readdirSync(packageFile(`${ownFolder}/files`)).sort();
  return names.map((name) =>
    file(name, textOf(`${ownFolder}/files/${name}`), name.endsWith('.sh')),
  );
}

const documents: readonly string[] = [
  'LICENSE',
  'docs/scenario-format.md',
  'docs/scenario.schema.json',
  'docs/transcript.schema.json',
];

const documentFiles = (): KitFile[] =>
  documents.map((path) => {
    const text = textOf(path);
    return file(basename(path), path.endsWith('.md') ? withoutLinks(text) : text);
  });

/** The links of a document to others lead nowhere here, and so do the marks for its tests. */
const withoutLinks = (text: string): string =>
  text
    .replace(/\[([^\]]*)\]\((?!https?:|#|(?:scenario|transcript)\.schema\.json)[^)]*\)/g, '$1')
    .replace(/^<!-- .* -->\n/gm, '');

function corpusFiles(corpus: string, groups: readonly KitGroup[]): KitFile[] {
  const manifest = readManifest(corpus);
  const folders = Object.entries(manifest).map(([folder, entries]) => {
    const taken = Object.entries(entries).filter(([name]) =>
      groups.some((group) => group.name === name && folder === `linux-${group.kernel}`),
    );
    return [folder, Object.fromEntries(taken)] as const;
  });
  const files = groups.flatMap(({ name, kernel, cases }) => {
    const base = `corpus/linux-${kernel}/${name}`;
    const lines = (key: 'text' | 'golden'): string => cases.map((one) => `${one[key]}\n`).join('');
    return [
      file(`${base}.scenarios.ndjson`, lines('text')),
      file(`${base}.golden.ndjson`, lines('golden')),
    ];
  });
  const text = `${JSON.stringify(Object.fromEntries(folders), null, 2)}\n`;
  return [...files, file('corpus/manifest.json', text)];
}

/** A part for each group and mode, and what holds them together. */
function playerFiles(groups: readonly KitGroup[]): KitFile[] {
  const parts = groups.flatMap((group) =>
    modesOf(group).map((mode, nth) => {
      const cases = group.cases.filter(({ scenario }) => scenario.mode === mode);
      const scenarios = cases.map(({ scenario }) => scenario);
      const part = nth === 0 ? group.name : `${group.name}-${mode}`;
      const symbol = groupSymbol(part);
      const text = toManyC({ name: group.name, symbol, scenarios });
      return { symbol, made: file(`player/${part}.c`, text) };
    }),
  );
  return [
    ...['main.c', 'player.h'].map((name) =>
      file(`player/${name}`, textOf(`${ownFolder}/player/${name}`)),
    ),
    file('player/groups.c', groupsText(parts.map(({ symbol }) => symbol))),
    ...parts.map(({ made }) => made),
  ];
}

function groupsText(symbols: readonly string[]): string {
  return [
    '/* The groups that there are, and the names of errors and signals. */\n',
    '#include "player.h"\n\n#include <stddef.h>\n\n',
    ...symbols.map((symbol) => `extern const struct group ${symbol};\n`),
    '\nconst struct group *const groups[] = {\n',
    ...symbols.map((symbol) => `\t&${symbol},\n`),
    '\tNULL,\n};\n\n',
    nameTables(),
  ].join('');
}
