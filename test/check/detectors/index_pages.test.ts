import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { detectorNames } from '../../../src/check/detectors/index.ts';
import { exampleOf, onAll } from './explored.ts';

const folder = new URL('../../../docs/detectors/', import.meta.url);
const pageOf = (name: string): string => readFileSync(new URL(`${name}.md`, folder), 'utf8');

/** A finding whose page is not there, and a page of a detector that is gone. */
test('each detector has a page, and the table has them all, in their order', () => {
  const pages = readdirSync(folder).filter((file) => file !== 'README.md');
  const listed = [...pageOf('README').matchAll(/^\| \[([a-z-]+)\]/gm)].map(([, name]) => name);

  expect(pages.sort()).toEqual([...detectorNames].sort().map((name) => `${name}.md`));
  expect(listed).toEqual([...detectorNames]);
});

const withExample = detectorNames.filter((name) =>
  existsSync(new URL(`../../examples/detectors/${name}.ts`, folder)),
);

/** A reader who runs the example and is told something else than the page says. */
test.each(withExample)('what the page of %s says of its example is found', async (name) => {
  const [, says] = /^```text\n(.*)\n```$/m.exec(pageOf(name)) ?? [];
  const kernel = /^On (\S+) this is found:$/m.exec(pageOf(name))?.[1];
  const problems = onAll(await exampleOf(name), {
    most: 600,
    ...(kernel === undefined ? {} : { kernel }),
  });

  expect(problems.map(({ kind, sentence }) => [kind, sentence])).toEqual([[name, says]]);
});
