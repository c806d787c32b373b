/** The command line of `epollsim conform`. */
import { UsageError } from '../src/cli/errors.ts';
import { userPath } from '../src/cli/input.ts';
import { numberOf, readOptions, textOf } from '../src/cli/options.ts';
import { newestKernel, oldestKernel, patchedKernel } from '../src/kernel/history.ts';
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

const table = {
  kernel: { type: 'string' },
  repeat: { type: 'string' },
  samples: { type: 'string' },
  jobs: { type: 'string', short: 'j' },
  json: { type: 'boolean' },
  'no-live': { type: 'boolean' },
  record: { type: 'boolean' },
  group: { type: 'string' },
  about: { type: 'string' },
  corpus: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const conformHelp: string = `usage: epollsim conform [options] [FILE...]

Plays scenarios on the model and on the kernel underneath, and compares the transcripts byte for
byte; without FILE, the whole corpus. What was recorded is compared too. Where there is no live side
(not Linux, no C compiler) the model is compared with what was recorded, and that is said.

      --kernel RELEASE  the kernel to model (default: the one compared with, if ${oldestKernel} to ${newestKernel})
      --repeat N        plays each scenario N times on the kernel (default: 1; 3 with --record)
      --samples N       plays each concurrent scenario N times on the kernel (default: 200)
  -j, --jobs N          how many are played at a time (default: twice the number of CPUs)
      --json            an object a line for each scenario, and one at the end that counts them
      --no-live         leaves the kernel underneath alone

      --record          writes scenarios and transcripts into the corpus, with the kernel's release
      --group NAME      of which group they are (default: the name of the file)
      --about TEXT      what the group is about
      --corpus DIR      where the corpus is (default: the package's own)

exit codes:
  0  everything that was compared is equal
  1  something differs, hangs, changes from play to play, or is malformed
  2  the command line is wrong, or a file cannot be read or written
  3  there was nothing to compare with
`;

/** What the arguments ask for; null for help. */
export function readConform(argv: readonly string[]): ConformRequest | null {
  const { values, positionals } = readOptions(argv, table);
  if (values['help'] === true) return null;
  const files = positionals.slice(positionals[0] === 'conform' ? 1 : 0);
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
