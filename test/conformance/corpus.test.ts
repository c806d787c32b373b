import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  casesOf,
  corpusFolder,
  type Group,
  groupsOf,
  readManifest,
  record,
} from '../../conformance/corpus.ts';

/** A group that the manifest lacks is one of which nobody knows what it is or where it is from. */
test('The manifest has every group of the corpus, with its number of cases', () => {
  const manifest = readManifest(corpusFolder);
  const counts = Object.entries(manifest).flatMap(([folder, groups]) =>
    Object.entries(groups).map(([name, { cases }]) => [`${folder}/${name}`, cases]),
  );
  const found = groupsOf(corpusFolder).map((group) => [
    `linux-${group.kernel}/${group.name}`,
    casesOf(group).length,
  ]);

  expect(counts).toEqual(found);
});

/** A name stands for one case: in messages, and where somebody plays it again. */
test('No two cases of a group have one name, and each has its own transcript', () => {
  for (const group of groupsOf(corpusFolder)) {
    const cases = casesOf(group).map(({ text, golden }) => [nameIn(text), nameIn(golden)]);
    expect(new Set(cases.map(([name]) => name)).size, group.name).toBe(cases.length);
    expect(cases.filter(([name, golden]) => name !== golden)).toEqual([]);
  }
});

const nameIn = (text: string): string => (JSON.parse(text) as { name: string }).name;

const caseOf = (name: string, about: string) => ({
  text: JSON.stringify({ name, about, steps: [] }),
  golden: JSON.stringify({ name, results: [], blocked: [] }),
});

/** Recording again mends a case; it must not lose the others, or what the group is about. */
test('record() puts a case in the place of the one with its name, and the others behind', () => {
  const corpus = mkdtempSync(join(tmpdir(), 'epollsim-test-'));
  const [a, b, c] = [caseOf('a', 'old'), caseOf('b', ''), caseOf('c', '')];
  record(corpus, '6.18', 'group', [a, b], { about: 'three letters', kernel: '6.18.1' });
  const again = caseOf('a', 'new');
  record(corpus, '6.18', 'group', [again, c], { about: undefined, kernel: '6.18.44' });

  expect(casesOf(groupsOf(corpus)[0] as Group)).toEqual([again, b, c]);
  expect(readManifest(corpus)).toEqual({
    'linux-6.18': { group: { about: 'three letters', kernel: '6.18.44', cases: 3 } },
  });
});
