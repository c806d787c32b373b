/**
 * The benchmark: the model next to the running kernel, in one run.
 *
 * Absolute times say little on a busy computer; the ratio of the medians of one run does.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodes, UsageError } from '../src/cli/errors.ts';
import { Progress } from '../src/cli/progress.ts';
import { conclude } from './aims.ts';
import { buildLinux } from './linux.ts';
import { help, type Options, readArguments } from './options.ts';
import { type Batch, type How, missing, type Row, type RowName, titleOf } from './row.ts';
import { checkerBatches } from './rows/checker.ts';
import { kernelBatches } from './rows/kernel.ts';
import { tableText } from './table.ts';

const dist = join(import.meta.dirname, '../dist/src/index.js');

/** Measures what is asked for; rows come out as they are known, also where Ctrl-C ends it. */
async function* measure(
  batches: readonly Batch[],
  isWanted: (row: RowName) => boolean,
  how: How,
): AsyncGenerator<Row> {
  for (const batch of batches) {
    const wanted = batch.rows.filter(isWanted);
    if (wanted.length === 0) continue;
    const left = new Set(wanted.map(titleOf));
    try {
      for await (const row of batch.measure(wanted, how)) {
        left.delete(titleOf(row));
        yield row;
      }
    } catch (error) {
      if (how.signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      for (const row of wanted) if (left.has(titleOf(row))) yield missing(row, why);
    }
  }
}

const batchesFor = ({ quick }: Options): Batch[] => [
  ...kernelBatches(quick),
  ...checkerBatches(quick),
];

async function run(options: Options): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-bench-'));
  const stopping = new AbortController();
  const onSignal = (): void => stopping.abort();
  process.on('SIGINT', onSignal);
  const progress = new Progress();
  const rows: Row[] = [];
  try {
    const how: How = {
      quick: options.quick,
      linux: buildLinux(folder),
      signal: stopping.signal,
    };
    const batches = batchesFor(options);
    const isWanted = (row: RowName): boolean => options.only.test(titleOf(row));
    const total = batches.flatMap((batch) => batch.rows).filter(isWanted).length;
    if (total === 0) throw new UsageError(`--only: ${options.only} fits no row; --list shows them`);
    for await (const row of measure(batches, isWanted, how)) {
      rows.push(row);
      progress.show(() => `${rows.length} of ${total}: ${titleOf(row)}`);
    }
  } finally {
    progress.clear();
    process.off('SIGINT', onSignal);
    rmSync(folder, { recursive: true, force: true });
  }
  report(rows, options);
  return stopping.signal.aborted ? exitCodes.interrupted : exitCodes.done;
}

function report(rows: readonly Row[], { json }: Options): void {
  const { aims, summary } = conclude(rows);
  if (json) {
    process.stdout.write(`${JSON.stringify({ rows, summary, aims })}\n`);
    return;
  }
  process.stdout.write(`${tableText(rows)}\n`);
  for (const { aim, found, met } of aims) {
    const verdict = met === null ? 'not measured' : met ? 'met' : 'NOT MET';
    process.stdout.write(`${aim}: ${verdict}\n  ${found}\n`);
  }
}

async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else if (options.list) {
    const titles = batchesFor(options).flatMap(({ rows }) => rows.map(titleOf));
    process.stdout.write(titles.map((title) => `${title}\n`).join(''));
  } else if (!existsSync(dist)) {
    throw new UsageError('dist/ is missing: run `npm run build` first');
  } else return await run(options);
  return exitCodes.done;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = exitCodes.usage;
}
