/**
 * Writes the table of docs/conformance.md: the groups of the corpus, and how many of their cases the
 * model answers as Linux did.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { casesOf, corpusFolder, groupsOf, readManifest } from '../conformance/corpus.ts';
import { playModel } from '../conformance/model.ts';
import { parseScenario } from '../src/scenario/parse.ts';

const page = new URL('../docs/conformance.md', import.meta.url);
const begin = '<!-- table: npm run conformance -->\n';
const end = '<!-- end -->';

function rows(): string[] {
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
    const shown = lockstep.length === 0 ? '–' : `${equal}`;
    const cells = [group.name, entry.about, `${cases.length}`, shown, entry.kernel];
    return `| ${cells.join(' | ')} |`;
  });
}

/** The page with its table made anew. */
export function renewedPage(): { readonly before: string; readonly after: string } {
  const before = readFileSync(page, 'utf8');
  const from = before.indexOf(begin) + begin.length;
  const to = before.indexOf(end);
  if (from < begin.length || to < from) throw new Error('docs/conformance.md has no table');
  const head = [
    '| group | what it is about | cases | equal | Linux |',
    '| --- | --- | ---: | ---: | --- |',
  ];
  const table = [...head, ...rows()].map((line) => `${line}\n`).join('');
  return { before, after: before.slice(0, from) + table + before.slice(to) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, renewedPage().after);
