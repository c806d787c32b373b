/** The command line of `play`, `help` and `version`: which options there are, and what they mean. */
import type { Memory } from '../sim/schedule.ts';
import { UsageError } from './errors.ts';
import { type KernelOptions, kernelOptions, readKernel } from './kernel_options.ts';
import { numberOf, readOptions, textOf } from './options.ts';
import { kernelOf, mismatchOf, scheduleOf } from './schedules.ts';

export const formats = [
  'table',
  'transcript',
  'strace',
  'graph',
  'state',
  'perfetto',
  'mermaid',
] as const;
export type FormatName = (typeof formats)[number];

/** What `play` is asked for. */
export interface PlayRequest extends KernelOptions {
  readonly verb: 'play';
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

export type Request = PlayRequest | { readonly verb: 'help' } | { readonly verb: 'version' };

/** Those that bin/epollsim.ts knows; what is read here is `play`. */
const verbs = `play check why compare worker export kernels races strace conform fuzz kit`.split(
  ' ',
);

/** Less than a second, and more than a scenario needs. */
export const defaultMaxSteps = 1_000_000;

const options = {
  format: { type: 'string', short: 'f' },
  ...kernelOptions,
  seed: { type: 'string' },
  cpus: { type: 'string' },
  schedule: { type: 'string' },
  'on-mismatch': { type: 'string' },
  'max-steps': { type: 'string' },
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
  coverage: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** Formats with data behind them that --json shows. */
const jsonFormats: readonly FormatName[] = ['table', 'strace', 'graph', 'state'];

/** What the arguments ask for; throws a UsageError. */
export function readArguments(argv: readonly string[]): Request {
  const { values, positionals } = readOptions(argv, options);
  if (values['help'] === true) return { verb: 'help' };
  if (values['version'] === true) return { verb: 'version' };
  const [verb, ...files] = positionals;
  if (verb === undefined) throw new UsageError(`expected a verb: ${verbs.join(', ')}`);
  if (verb === 'help') return { verb: 'help' };
  if (verb !== 'play') throw unknownVerb(verb);
  if (files.length === 0 || files.includes('')) {
    const found = files.length === 0 ? '' : ', found an empty name';
    throw new UsageError(`play: expected a file, or - for standard input${found}`);
  }
  return playRequest(files, values);
}

function unknownVerb(verb: string): UsageError {
  const isFile = verb === '-' || /[./]/.test(verb);
  const instead = isFile ? `; did you mean "epollsim play ${verb}"?` : '';
  return new UsageError(`unknown verb "${verb}": expected ${verbs.join(', ')}${instead}`);
}

type Values = Readonly<Partial<Record<keyof typeof options, unknown>>>;

function playRequest(files: readonly string[], values: Values): PlayRequest {
  const schedule = scheduleOf(textOf(values.schedule));
  const request = {
    verb: 'play',
    files,
    format: formatOf(values.format),
    ...kernelOf(schedule, readKernel(values)),
    schedule: schedule?.text,
    memory: schedule?.memory,
    mismatch: mismatchOf(textOf(values['on-mismatch'])),
    seed: numberOf(values.seed, '--seed', 0, 0xffffffff),
    cpus: numberOf(values.cpus, '--cpus', 1, 1024),
    maxSteps: numberOf(values['max-steps'], '--max-steps', 1, 9_999_999_999) ?? defaultMaxSteps,
    output: textOf(values.output),
    json: values.json === true,
    coverage: values.coverage === true,
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

function formatOf(value: unknown): FormatName | undefined {
  const name = textOf(value);
  if (name === undefined) return undefined;
  const found = formats.find((format) => format === name);
  if (found !== undefined) return found;
  throw new UsageError(`unknown format "${name}": expected one of ${formats.join(', ')}`);
}
