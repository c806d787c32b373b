import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutants, mutated } from '../scripts/mutants.ts';

const root = new URL('..', import.meta.url);
const page = readFileSync(new URL('docs/conformance.md', root), 'utf8');

/** `npm run mutants` would break nothing, and the table would speak of a model that is gone. */
test.each(mutants.map((m) => [m.what, m] as const))(
  'the model can be broken so that %s',
  (_, m) => {
    const text = readFileSync(new URL(`src/kernel/${m.file}`, root), 'utf8');
    expect(mutated(text, m)).not.toBe(text);
  },
);

/** A place that can be broken without anybody noticing. */
test('the corpus notices each of them', () => {
  const counts = mutants.map(({ what, file }) => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${what} | ${file} | `));
    return [what, Number(row?.split(' | ').at(-1)?.replace(' |', '')) > 0];
  });
  expect(counts).toEqual(mutants.map(({ what }) => [what, true]));
});
