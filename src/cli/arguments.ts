/** The command line of `play`. */
import type { Memory } from '../sim/schedule.ts';
import { defaultMaxSteps, type FormatName, formats, play as playCommand } from './commands/play.ts';
import { UsageError } from './errors.ts';
import { type KernelOptions, readKernel } from './kernel_options.ts';
import { choiceOf, numberOf, readOptions, textOf } from './options.ts';
import { kernelOf, mismatchOf, scheduleOf } from './schedules.ts';

/** What `play` is asked for. */
export interface PlayRequest extends KernelOptions {
  readonly files: readonly string[];
  /** Undefined: a table on a terminal, a transcript elsewhere. */
  readonly format: FormatName | undefined;
  /** Undefined: none was asked for. */
  readonly seed: number | undefined;
  readonly cpus: number | undefined;
  /** The interleaving of a program or a concurrent scenario, in words; see check/schedule_text.ts. */
  readonly schedule: string | undefined;
  /** What the schedule was found with; undefined where none was given. */
  readonly memory: Memory | undefined;
  readonly mismatch: 'stop' | 'go on';
  readonly maxSteps: number;
  readonly output: string | undefined;
  readonly json: boolean;
  /** Which branches were taken is printed, and nothing else. */
  readonly coverage: boolean;
}

/** Formats with data behind them that --json shows, and those that are JSON themselves. */
const jsonFormats: readonly FormatName[] = [
  'table',
  'strace',
  'graph',
  'state',
  'transcript',
  'perfetto',
];

/** What the arguments ask for; throws a UsageError. */
export function readArguments(argv: readonly string[]): PlayRequest {
  const { values, operands } = readOptions(argv, playCommand);
  const schedule = scheduleOf(textOf(values['schedule']));
  const request = {
    files: operands,
    format: choiceOf(values['format'], '--format', formats),
    ...kernelOf(schedule, readKernel(values)),
    schedule: schedule?.text,
    memory: schedule?.memory,
    mismatch: mismatchOf(values['on-mismatch']),
    seed: numberOf(values['seed'], '--seed', 0, 0xffffffff),
    cpus: numberOf(values['cpus'], '--cpus', 1, 1024),
    maxSteps: numberOf(values['max-steps'], '--max-steps', 1, 9_999_999_999) ?? defaultMaxSteps,
    output: textOf(values['output']),
    json: values['json'] === true,
    coverage: values['coverage'] === true,
  } as const;
  if (schedule !== undefined && (request.seed !== undefined || request.cpus !== undefined)) {
    throw new UsageError('--schedule: expected neither --seed nor --cpus beside it');
  }
  if (request.coverage && request.format !== undefined) {
    throw new UsageError('--coverage: expected no --format beside it');
  }
  if (request.json && !jsonFormats.includes(request.format ?? 'table')) {
    const expected = jsonFormats.join(', ');
    throw new UsageError(`--json: expected --format ${expected}, found ${request.format}`);
  }
  return request;
}
