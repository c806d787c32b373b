/**
 * The command line: which verbs and options there are, and what they mean.
 *
 * Values are text until they are looked at here: a release such as 6.10 is no number.
 */
import { parseArgs } from 'node:util';
import { patchedKernel } from '../kernel/history.ts';
import { UsageError } from './errors.ts';

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
export interface PlayRequest {
  readonly verb: 'play';
  readonly files: readonly string[];
  /** Undefined: a table on a terminal, a transcript elsewhere. */
  readonly format: FormatName | undefined;
  readonly kernel: string | undefined;
  readonly with: readonly string[];
  readonly without: readonly string[];
  /** Undefined: none was asked for. */
  readonly seed: number | undefined;
  readonly cpus: number | undefined;
  readonly maxSteps: number;
  readonly output: string | undefined;
  readonly json: boolean;
}

export type Request = PlayRequest | { readonly verb: 'help' } | { readonly verb: 'version' };

const verbs = ['play'];

/** Less than a second, and more than a scenario needs. */
export const defaultMaxSteps = 1_000_000;

const options = {
  format: { type: 'string', short: 'f' },
  kernel: { type: 'string' },
  with: { type: 'string', multiple: true },
  without: { type: 'string', multiple: true },
  seed: { type: 'string' },
  cpus: { type: 'string' },
  'max-steps': { type: 'string' },
  output: { type: 'string', short: 'o' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

const optionNames = Object.keys(options).map((name) => `--${name}`);

/** Formats with data behind them that --json shows. */
const jsonFormats: readonly FormatName[] = ['table', 'strace', 'graph', 'state'];

/** What the arguments ask for; throws a UsageError. */
export function readArguments(argv: readonly string[]): Request {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'option') checkOption(token.name, token.rawName, token.value);
  }
  if (values.help === true) return { verb: 'help' };
  if (values.version === true) return { verb: 'version' };
  const [verb, ...files] = positionals;
  if (verb === undefined) throw new UsageError(`expected a verb: ${verbs.join(', ')}`);
  if (verb === 'help') return { verb: 'help' };
  if (verb !== 'play') throw new UsageError(`unknown verb "${verb}": expected ${verbs.join(', ')}`);
  if (files.length === 0 || files.includes('')) {
    const found = files.length === 0 ? '' : ', found an empty name';
    throw new UsageError(`play: expected a file, or - for standard input${found}`);
  }
  return playRequest(files, values);
}

function checkOption(name: string, rawName: string, value: string | undefined): void {
  if (!Object.hasOwn(options, name)) {
    throw new UsageError(`unknown option ${rawName}: expected one of ${optionNames.join(', ')}`);
  }
  const { type } = options[name as keyof typeof options];
  if (type === 'string' && !value) {
    throw new UsageError(`${rawName}: expected a value`);
  }
  if (type === 'boolean' && value !== undefined) {
    throw new UsageError(`${rawName}: expected no value, found "${value}"`);
  }
}

type Values = Readonly<Partial<Record<keyof typeof options, unknown>>>;

function playRequest(files: readonly string[], values: Values): PlayRequest {
  const kernel = textOf(values.kernel);
  const request = {
    verb: 'play',
    files,
    format: formatOf(values.format),
    kernel,
    with: listOf(values.with),
    without: listOf(values.without),
    seed: numberOf(values.seed, '--seed', 0, 0xffffffff),
    cpus: numberOf(values.cpus, '--cpus', 1, 1024),
    maxSteps: numberOf(values['max-steps'], '--max-steps', 1, 9_999_999_999) ?? defaultMaxSteps,
    output: textOf(values.output),
    json: values.json === true,
  } as const;
  checkKernel(request);
  if (request.json && !jsonFormats.includes(request.format ?? 'table')) {
    const expected = jsonFormats.join(', ');
    throw new UsageError(`--json: expected --format ${expected}, found ${request.format}`);
  }
  return request;
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** An option that may come several times, each time with several values. */
const listOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.flatMap((item) => String(item).split(',')).filter((item) => item !== '')
    : [];

function formatOf(value: unknown): FormatName | undefined {
  const name = textOf(value);
  if (name === undefined) return undefined;
  const found = formats.find((format) => format === name);
  if (found !== undefined) return found;
  throw new UsageError(`unknown format "${name}": expected one of ${formats.join(', ')}`);
}

function numberOf(value: unknown, option: string, min: number, max: number): number | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${option}: expected an integer from ${min} to ${max}, found "${text}"`);
}

/** Finds an unknown release or commit before anything runs. */
function checkKernel(choice: PlayRequest): void {
  try {
    patchedKernel(choice);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(error.message);
  }
}
