/**
 * Options of a verb, from the words behind it.
 *
 * Values are text until they are looked at: a release such as 6.10 is no number.
 */
import { parseArgs } from 'node:util';
import { UsageError } from './errors.ts';

/** What options a verb has. */
export type OptionTable = Readonly<
  Record<
    string,
    { readonly type: 'string' | 'boolean'; readonly short?: string; readonly multiple?: boolean }
  >
>;

export interface Words {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

/** The options and the other words; throws a UsageError for what the table does not have. */
export function readOptions(argv: readonly string[], table: OptionTable): Words {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: table,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'option') checkOption(table, token.name, token.rawName, token.value);
  }
  return { values, positionals };
}

function checkOption(
  table: OptionTable,
  name: string,
  rawName: string,
  value: string | undefined,
): void {
  const option = Object.hasOwn(table, name) ? table[name] : undefined;
  if (option === undefined) {
    const names = Object.keys(table).map((known) => `--${known}`);
    throw new UsageError(`unknown option ${rawName}: expected one of ${names.join(', ')}`);
  }
  if (option.type === 'string' && !value) {
    throw new UsageError(`${rawName}: expected a value`);
  }
  if (option.type === 'boolean' && value !== undefined) {
    throw new UsageError(`${rawName}: expected no value, found "${value}"`);
  }
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** An option that may come several times, each time with several values. */
export const listOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.flatMap((item) => String(item).split(',')).filter((item) => item !== '')
    : [];

export function numberOf(
  value: unknown,
  option: string,
  min: number,
  max: number,
): number | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${option}: expected an integer from ${min} to ${max}, found "${text}"`);
}
