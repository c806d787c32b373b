/** The checker: executions a second, races, and SPIN on the same protocol. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checked } from '../checker/program.ts';
import type { Found } from '../checker/races.ts';
import { root, run, script } from '../child.ts';
import { endless, type Standard, standards } from '../programs.ts';
import { type Batch, type How, missing, type Row, type RowName } from '../row.ts';
import { median } from '../statistics.ts';

/** A row of its own. */
const single = (name: RowName, measure: (how: How) => Promise<Partial<Row>>): Batch => ({
  rows: [name],
  async *measure(_, how) {
    yield { ...missing(name), ...(await measure(how)) };
  },
});

function program({ name, threads }: Standard): Batch {
  return single({ kind: 'checker', name, size: threads }, async ({ quick, signal }) => {
    const out = await script('checker/program.ts', [name, quick ? 0.5 : 3], signal);
    const { complete, executions, interleavings, ns, redundant, steps, total_ns }: Checked =
      JSON.parse(out);
    return {
      model_ns: ns,
      figures: {
        executions,
        redundant,
        executions_a_second: 1e9 / ns,
        steps_a_second: (steps * 1e9) / ns,
        steps,
        ...(interleavings !== null && { interleavings }),
        ...(complete && { total_ns }),
      },
      ...(!complete && { why: 'not all executions, for lack of time' }),
    };
  });
}

/** The command's own worker threads; the first seconds, when they start, do not count. */
function workers(count: number): Batch {
  const name = `${endless.name}: ${count} ${count === 1 ? 'worker' : 'workers'}`;
  return single({ kind: 'checker', name, size: endless.threads }, async ({ quick, signal }) => {
    const [short, long] = quick ? [3, 5] : [5, 12];
    const first = await checkFor(short, count, signal);
    const all = await checkFor(long, count, signal);
    const executions_a_second = (all - first) / (long - short);
    return {
      model_ns: 1e9 / executions_a_second,
      figures: { workers: count, executions_a_second },
    };
  });
}

/** How many executions the command gets done in so many seconds. */
async function checkFor(seconds: number, count: number, signal: AbortSignal): Promise<number> {
  const limits = ['--max-executions', '2000000000', '--time-limit', String(seconds)];
  const options = ['--json', '--unshared', '--workers', String(count), ...limits];
  const file = join('bench/programs', `${endless.file}.ts`);
  const args = ['dist/bin/epollsim.js', 'check', ...options, file];
  const { out } = await run(process.execPath, args, signal);
  return (JSON.parse(out) as { executions: number }).executions;
}

/** Where SPIN is installed: the same protocol, every state of it. */
const spin: Batch = single(
  { kind: 'checker', name: 'SPIN, 3 writers, 2 waiters', size: 6 },
  async ({ signal }) => {
    const folder = mkdtempSync(join(tmpdir(), 'epollsim-spin-'));
    try {
      const tool = async (command: string, ...args: string[]): Promise<string> =>
        (await run(command, args, signal, folder)).out;
      await tool('spin', '-a', join(root, 'bench/et.pml'));
      await tool('cc', '-O2', '-DSAFETY', '-o', 'pan', 'pan.c');
      const times: number[] = [];
      let said = '';
      for (let i = 0; i < 5; i++) {
        const start = process.hrtime.bigint();
        said = await tool('./pan', '-m100000');
        times.push(Number(process.hrtime.bigint() - start));
      }
      const number = (pattern: RegExp): number => Number(pattern.exec(said)?.[1]);
      const states = number(/(\d+) states, stored/);
      const errors = number(/errors: (\d+)/);
      return { figures: { states, errors, total_ns: median(times) } };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return { why: 'spin or a C compiler is not installed' };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

function races(): Batch {
  const names = readdirSync(join(root, 'races'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  return {
    rows: names.map((name) => ({ kind: 'race', name, size: 1 })),
    async *measure(wanted, { quick, signal }) {
      const args = [quick ? 1 : 5, ...wanted.map(({ name }) => name)];
      const out = await script('checker/races.ts', args, signal);
      for (const line of out.trim().split('\n')) {
        const { executions, name, ns }: Found = JSON.parse(line);
        const row = wanted.find((one) => one.name === name);
        if (row !== undefined) yield { ...missing(row), model_ns: ns, figures: { executions } };
      }
    },
  };
}

export function checkerBatches(quick: boolean): Batch[] {
  const programs = quick ? standards.slice(0, 3) : standards;
  const crews = [...new Set([1, 2, availableParallelism()])].filter(
    (count) => count <= availableParallelism(),
  );
  return [...programs.map(program), ...(quick ? [] : crews.map(workers)), spin, races()];
}
