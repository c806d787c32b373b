/**
 * What the words of a command line say, by the table of the verb.
 *
 * Values are text until they are looked at: a release such as 6.10 is no number.
 */
import { parseArgs } from 'node:util';
import { hintOf, nearHint, nearNames } from '../syscalls/near.ts';
import { type Choices, type Command, namesOf, type Option, optionsOf } from './commands/command.ts';
import { UsageError } from './errors.ts';

/** What of an option the words are read by. */
export type Row = Pick<Option, 'short' | 'value' | 'multiple'>;

export interface Words {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

/** The options and the other words; throws a UsageError for what the table does not have. */
export function readWords(argv: readonly string[], table: Readonly<Record<string, Row>>): Words {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(Object.entries(table).map(([name, one]) => [name, typeOf(one)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'option') checkOption(table, token.name, token.rawName, token.value);
  }
  return { values, positionals };
}

/** What is said to a verb. */
export interface Told {
  readonly values: Readonly<Record<string, unknown>>;
  /** The words behind the verb that are no options; as many as it takes. */
  readonly operands: readonly string[];
}

/** The options of a verb and the words behind it; throws a UsageError for what its table does not have. */
export function readOptions(argv: readonly string[], command: Command): Told {
  const { values, positionals } = readWords(argv, optionsOf(command));
  const operands = positionals.slice(positionals[0] === command.name ? 1 : 0);
  checkOperands(command, operands);
  return { values, operands };
}

type OptionType = { type: 'string' | 'boolean'; short?: string; multiple?: boolean };

const typeOf = ({ multiple, short, value }: Row): OptionType => ({
  type: value === undefined ? 'boolean' : 'string',
  ...(short === undefined ? {} : { short }),
  ...(multiple === undefined ? {} : { multiple }),
});

function checkOption(
  table: Readonly<Record<string, Row>>,
  name: string,
  rawName: string,
  value: string | undefined,
): void {
  const option = Object.hasOwn(table, name) ? table[name] : undefined;
  if (option === undefined) {
    const names = Object.keys(table);
    const expected = `expected one of ${names.map(dashed).join(', ')}`;
    const hint = hintOf(nearNames(name, names).map(dashed)) ?? expected;
    throw new UsageError(`unknown option ${rawName}: ${hint}`);
  }
  if (option.value !== undefined && !value) {
    throw new UsageError(`${rawName}: expected a value`);
  }
  if (option.value === undefined && value !== undefined) {
    throw new UsageError(`${rawName}: expected no value, found "${value}"`);
  }
}

const dashed = (name: string): string => `--${name}`;

function checkOperands({ name, operands }: Command, words: readonly string[]): void {
  const { about, least, most } = operands;
  const extra = words[most];
  let found: string | null = null;
  if (words.length < least) found = 'none';
  else if (extra !== undefined) found = `"${extra}"${most === 0 ? '' : ' too'}`;
  else if (words.includes('')) found = 'an empty name';
  if (found !== null) throw new UsageError(`${name}: expected ${about}, found ${found}`);
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

/** One of those that there are; throws a UsageError that names them. */
export function choiceOf<Name extends string>(
  value: unknown,
  option: string,
  choices: Choices<Name>,
): Name | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const names = namesOf(choices);
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  const hint = nearHint(text, names);
  const meant = hint === undefined ? '' : `; ${hint}`;
  throw new UsageError(`${option}: expected ${names.join(', ')}, found "${text}"${meant}`);
}

/** The same of an option that may come several times, each time with several values. */
export const choicesOf = <Name extends string>(
  value: unknown,
  option: string,
  choices: Choices<Name>,
): Name[] => listOf(value).map((one) => choiceOf(one, option, choices) as Name);
