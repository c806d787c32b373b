/** The command line of `epollsim conform`. */
import { conform as conformCommand } from '../src/cli/commands/conform.ts';
import { UsageError } from '../src/cli/errors.ts';
import { userPath } from '../src/cli/input.ts';
import { numberOf, readOptions, textOf } from '../src/cli/options.ts';
import { patchedKernel } from '../src/kernel/history.ts';
import { corpusFolder } from './corpus.ts';
import { defaultJobs } from './jobs.ts';

export interface ConformRequest {
  readonly files: readonly string[];
  readonly corpus: string;
  readonly kernel: string | null;
  readonly repeat: number;
  readonly samples: number;
  readonly jobs: number;
  readonly json: boolean;
  readonly live: boolean;
  /** Null: nothing is recorded. */
  readonly record: { readonly group: string | null; readonly about: string | undefined } | null;
}

/** What the arguments ask for; throws a UsageError. */
export function readConform(argv: readonly string[]): ConformRequest {
  const { values, operands: files } = readOptions(argv, conformCommand);
  const recording = values['record'] === true;
  if (recording && files.length === 0) throw new UsageError('--record: expected a file');
  for (const option of ['group', 'about'] as const) {
    if (!recording && values[option] !== undefined) {
      throw new UsageError(`--${option}: expected --record with it`);
    }
  }
  const group = groupName(values['group']);
  const { kernel } = values;
  return {
    files,
    corpus: textOf(values['corpus']) === undefined ? corpusFolder : userPath(`${values['corpus']}`),
    kernel: kernelOf(kernel),
    repeat: numberOf(values['repeat'], '--repeat', 1, 10_000) ?? (recording ? 3 : 1),
    samples: numberOf(values['samples'], '--samples', 1, 1_000_000) ?? 200,
    jobs: numberOf(values['jobs'], '--jobs', 1, 256) ?? defaultJobs(),
    json: values['json'] === true,
    live: values['no-live'] !== true,
    record: recording ? { group, about: textOf(values['about']) } : null,
  };
}

function groupName(value: unknown): string | null {
  const name = textOf(value);
  if (name === undefined || /^[\w-]+$/.test(name)) return name ?? null;
  throw new UsageError(`--group: expected letters, digits, "_" and "-", found "${name}"`);
}

/** A release that is modelled; throws a UsageError for any other. */
export function kernelOf(value: unknown): string | null {
  const kernel = textOf(value);
  if (kernel === undefined) return null;
  try {
    patchedKernel({ kernel });
    return kernel;
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
