/** Every scenario of the corpus as a C program, on the kernel underneath. */
import { expect, test } from 'vitest';
import { casesOf, corpusFolder, groupsOf } from '../../conformance/corpus.ts';
import { toC } from '../../src/export/c/program.ts';
import { OutcomeSearch } from '../../src/scenario/outcomes.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { runAll, whyNotHere } from './programs.ts';

const groups = groupsOf(corpusFolder);
const lockstep = groups.filter(({ name }) => name !== 'concurrent');
const concurrent = groups.filter(({ name }) => name === 'concurrent');

/** All of them take five minutes: CORPUS_AS_C=all. Else every eighth. */
const every = process.env['CORPUS_AS_C'] === 'all' ? 1 : 8;

const why = whyNotHere(groups[0]?.kernel ?? '6.18');
if (why !== null) console.log(`exported C programs are not run: ${why}`);

/** Somebody sends the program to a kernel list, and it shows something else than the scenario. */
test.skipIf(why !== null).for(lockstep)(
  'As C, each scenario of $name builds without a warning and prints what Linux has answered',
  { timeout: 300_000 },
  async (group) => {
    const cases = casesOf(group).filter((_, i) => i % every === 0);
    const texts = cases.map(({ text }) => toC(parseScenario(JSON.parse(text))));
    const expected = cases.map(({ golden }) => `${golden}\n`);
    const answers = await runAll(texts, [], expected);
    const wrong = cases
      .map(({ golden }, i) => ({ golden: `${golden}\n`, ...answers[i] }))
      .filter(({ golden, stdout }) => stdout !== golden);
    expect(wrong).toEqual([]);
  },
);

interface Answer {
  readonly outcomes: readonly unknown[];
  readonly executions: number;
}

/** Those outcomes that neither was recorded nor the model can have. */
function unexplained(document: unknown, seen: readonly string[], golden: string): string[] {
  const recorded = (JSON.parse(golden) as Answer).outcomes.map((one) => JSON.stringify(one));
  const rest = seen.filter((one) => !recorded.includes(one));
  const search = new OutcomeSearch(parseScenario(document));
  while (!rest.every((one) => search.has(one)) && search.next());
  return rest.filter((one) => !search.has(one));
}

const loops = 50;

/** Somebody looks for a race with it, and is shown what no interleaving explains. */
test.skipIf(why !== null).for(concurrent)(
  'As C, each scenario of $name shows outcomes only that the model has, and says how often it looped',
  { timeout: 400_000 },
  async (group) => {
    const cases = casesOf(group).filter((_, i) => i % every === 0);
    const texts = cases.map(({ text }) => toC(parseScenario(JSON.parse(text))));
    const answers = await runAll(texts, ['--loops', String(loops)]);
    for (const [i, { text, golden }] of cases.entries()) {
      const { stdout, stderr } = answers[i] ?? { stdout: '', stderr: '' };
      expect(stderr).toMatch(
        new RegExp(`: \\d+ outcomes? in ${loops} rounds; a real kernel need not`),
      );
      const { outcomes, executions } = JSON.parse(stdout) as Answer;
      expect(executions).toBe(loops);
      const seen = outcomes.map((one) => JSON.stringify(one));
      expect(seen).toEqual([...seen].sort());
      expect(unexplained(JSON.parse(text), seen, golden)).toEqual([]);
    }
  },
);
