/**
 * The benchmark: the model next to the running kernel, in one run.
 *
 * Absolute times say little on a busy computer; the ratio of the medians of one run does.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes, UsageError } from '../src/cli/errors.ts';
import { Progress } from '../src/cli/progress.ts';
import { draw } from './charts.ts';
import { root } from './child.ts';
import { buildLinux } from './linux.ts';
import { help, type Options, readArguments } from './options.ts';
import { reportOf, reportText, writePage } from './report.ts';
import { type Batch, type How, missing, type Row, type RowName, titleOf } from './row.ts';
import { checkerBatches } from './rows/checker.ts';
import { commandBatches } from './rows/command.ts';
import { kernelBatches } from './rows/kernel.ts';
import { memoryBatches } from './rows/memory.ts';

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
  ...memoryBatches(quick),
  ...commandBatches(quick),
];

async function rowsFor(options: Options, signal: AbortSignal): Promise<Row[]> {
  const batches = batchesFor(options);
  const isWanted = (row: RowName): boolean => options.only.test(titleOf(row));
  const names = batches.flatMap((batch) => batch.rows).filter(isWanted);
  if (names.length === 0) {
    throw new UsageError(`--only: ${options.only} fits no row; --list shows them`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-bench-'));
  const progress = new Progress();
  const rows: Row[] = [];
  try {
    const how: How = { quick: options.quick, linux: buildLinux(folder), signal };
    const show = (): void =>
      progress.show(() => {
        const next = names[rows.length];
        return `${rows.length} of ${names.length}: ${next === undefined ? '' : titleOf(next)}`;
      });
    show();
    for await (const row of measure(batches, isWanted, how)) {
      rows.push(row);
      show();
    }
  } finally {
    progress.clear();
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

function earlierRows(file: string): Row[] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { rows: Row[] }).rows;
  } catch (error) {
    throw new UsageError(`--from: expected what --json has printed in ${file}: ${error}`);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new UsageError(`--out: expected a folder, found ${path}: ${(error as Error).message}`);
  }
}

async function run(options: Options): Promise<number> {
  const stopping = new AbortController();
  const onSignal = (): void => stopping.abort();
  process.on('SIGINT', onSignal);
  const { from, json, out, page } = options;
  if (out !== null) makeFolder(out); // Ten minutes later is too late to find out that it cannot be.
  const rows = from === null ? await rowsFor(options, stopping.signal) : earlierRows(from);
  process.off('SIGINT', onSignal);
  const report = reportOf(rows);
  if (out !== null) await draw(rows, out);
  if (page) writePage(report, await draw(rows, join(root, 'docs/charts')));
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
  return stopping.signal.aborted ? exitCodes.interrupted : exitCodes.done;
}

async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else if (options.list) {
    const titles = batchesFor(options).flatMap(({ rows }) => rows.map(titleOf));
    process.stdout.write(titles.map((title) => `${title}\n`).join(''));
  } else if (!existsSync(fileURLToPath(import.meta.resolve('epollsim')))) {
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
