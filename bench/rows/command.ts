/** The command: how soon it starts, and how fast it plays scenarios. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { casesOf, corpusFolder, groupsOf } from '../../conformance/corpus.ts';
import { run, script } from '../child.ts';
import { type Batch, type How, missing, type Row, type RowName } from '../row.ts';
import { summarise } from '../statistics.ts';

const command = 'dist/bin/epollsim.js';
const file = 'examples/pipe-every-write.json';

function single(name: string, size: number, measure: (how: How) => Promise<Partial<Row>>): Batch {
  const row: RowName = { kind: 'command', name, size };
  return {
    rows: [row],
    async *measure(_, how) {
      yield { ...missing(row), ...(await measure(how)) };
    },
  };
}

/** From the start of the process to its end. */
const startUp = (name: string, ...args: string[]): Batch =>
  single(`start-up: ${name}`, 1, async ({ quick, signal }) => {
    const times: number[] = [];
    for (let i = 0; i < (quick ? 3 : 15); i++) {
      const start = process.hrtime.bigint();
      const { code, out } = await run(process.execPath, args, signal);
      times.push(Number(process.hrtime.bigint() - start));
      if (code !== 0) throw new Error(out);
    }
    const { median, spread } = summarise(times);
    return { model_ns: median, model_spread: spread };
  });

interface Document {
  name: string;
  mode?: string;
  readonly steps: readonly unknown[];
}

/** Small scenarios of the corpus, again and again, each under a name of its own. */
function smallScenarios(count: number): Document[] {
  const small = groupsOf(corpusFolder)
    .flatMap(casesOf)
    .map(({ text }): Document => JSON.parse(text))
    .filter(({ mode = 'lockstep', steps }) => mode === 'lockstep' && steps.length <= 12);
  return Array.from({ length: count }, (_, i) => {
    const scenario = small[i % small.length] as Document;
    return { ...scenario, name: `${scenario.name}-${i}` };
  });
}

const manyScenarios = (count: number): Batch =>
  single('small scenarios in one command', count, async ({ signal }) => {
    const folder = mkdtempSync(join(tmpdir(), 'epollsim-many-'));
    try {
      const path = join(folder, 'many.ndjson');
      const scenarios = smallScenarios(count);
      writeFileSync(path, scenarios.map((one) => `${JSON.stringify(one)}\n`).join(''));
      const start = process.hrtime.bigint();
      const { code, out } = await run(process.execPath, [command, 'play', path], signal);
      const total_ns = Number(process.hrtime.bigint() - start);
      const played = out.split('\n').length - 1;
      if (code !== 0 || played !== count) throw new Error(`${played} of ${count} were played`);
      const steps = scenarios.reduce((sum, scenario) => sum + scenario.steps.length, 0);
      return { model_ns: total_ns / count, figures: { total_ns, steps } };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

const step: Batch = single('a step of a scenario', 1, async ({ quick, signal }) => {
  const out = await script('command/steps.ts', [3000, quick ? 10 : 60], signal);
  return { model_ns: Number(out) };
});

export function commandBatches(quick: boolean): Batch[] {
  return [
    startUp('node alone', '-e', '0'),
    startUp('--version', command, '--version'),
    startUp('--help', command, '--help'),
    startUp('play', command, 'play', file),
    manyScenarios(quick ? 1000 : 10_000),
    step,
  ];
}
