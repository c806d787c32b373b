/**
 * docs/folklore.md shows what Linux answered. The transcripts are those of the corpus, in the form
 * that test/support/listing.ts gives them.
 * `UPDATE_DOCS=1 npx vitest run test/folklore.test.ts` writes them into the document.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listing, type ScenarioLine, type TranscriptLine } from './support/listing.ts';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const linesOf = (path: string): unknown[] =>
  read(path)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

const group = 'corpus/linux-6.18/folklore';
const scenarios = linesOf(`${group}.scenarios.ndjson`) as ScenarioLine[];
const transcripts = linesOf(`${group}.golden.ndjson`) as TranscriptLine[];

const document = 'docs/folklore.md';
const block = /<!-- transcript: (\S+), from step (\d+) -->\n```text\n([\s\S]*?)```/g;

/** What Linux answered in a scenario, from a step on. */
function answered(name: string, from: number): string {
  const at = scenarios.findIndex((scenario) => scenario.name === name);
  if (at < 0) throw new Error(`${group} has no scenario ${name}`);
  const { results, blocked } = transcripts[at] as TranscriptLine;
  const shown = results.filter(({ step }) => step >= from);
  return listing(scenarios[at] as ScenarioLine, { name, results: shown, blocked }).join('\n');
}

if (process.env.UPDATE_DOCS === '1') {
  const rewritten = read(document).replaceAll(block, (all, name: string, from: string) =>
    all.replace(/```text[\s\S]*/, `\`\`\`text\n${answered(name, Number(from))}\n\`\`\``),
  );
  writeFileSync(new URL(document, root), rewritten);
}

const claims = read(document)
  .split(/^## /m)
  .slice(1)
  .map((section) => ({ section, title: section.split('\n')[0] as string }));
const shown = [...read(document).matchAll(block)].map((match) => match.slice(1) as string[]);

/** A reader who is told that a thing is so, and is shown nothing. */
test.each(claims)('$title has a verdict, and a transcript', ({ section }) => {
  expect(section).toMatch(/^\*\*(?:True|False)\b[^*]*\.\*\* /m);
  expect([...section.matchAll(block)]).toHaveLength(1);
});

/** A reader who believes that Linux said it. */
test.each(shown)('%s, from step %s, is what Linux answered', (name, from, text) => {
  expect(text).toBe(`${answered(name as string, Number(from))}\n`);
});

/** A claim that somebody decided by a recording, and that nobody can read about. */
test('every scenario of the group is shown', () => {
  const names = new Set(shown.map(([name]) => name));
  expect(scenarios.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
});
