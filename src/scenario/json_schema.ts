/**
 * What JSON Schema (draft 2020-12) has words for, of the values in scenarios and transcripts.
 *
 * A schema lets through all that the parser takes, and something more: where it cannot say what is
 * right, it says nothing. Patterns are those of ECMA-262 with its `u`, and need nothing that other
 * engines lack.
 */
import type { FlagFamily } from './flags.ts';

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export type JsonSchema = { readonly [key: string]: JsonValue };

export const integerFrom = (minimum: number, maximum: number): JsonSchema => ({
  type: 'integer',
  minimum,
  maximum,
});

export const int32Schema: JsonSchema = integerFrom(-0x80000000, 0x7fffffff);
/** 32 bits, read as signed or as unsigned. */
export const wordSchema: JsonSchema = integerFrom(-0x80000000, 0xffffffff);

/** As in a pattern: an integer of a flag word. */
const integerPattern = '-?(?:0|[1-9][0-9]*)|0[xX][0-9a-fA-F]+';

const namesPattern = (names: FlagFamily): string => [...names.keys()].sort().join('|');

export const anyOf = (...schemas: readonly JsonSchema[]): JsonSchema => ({ anyOf: schemas });

/** Names and integers joined by "|", or an integer as `integers` has it. */
export function flagWordSchema(names: FlagFamily, integers: JsonSchema = wordSchema): JsonSchema {
  const one = `\\s*(?:${namesPattern(names)}|${integerPattern})\\s*`;
  return anyOf(integers, { type: 'string', pattern: `^${one}(?:\\|${one})*$` });
}

/** One name, or an integer. */
export function oneNameSchema(names: FlagFamily): JsonSchema {
  return anyOf(
    { enum: [...names.keys()].sort() },
    { type: 'string', pattern: `^(?:${integerPattern})$` },
    int32Schema,
  );
}

/** One of these names. */
export const nameSchema = (names: Iterable<string>): JsonSchema => ({ enum: [...names].sort() });

/** "$" and the name of a descriptor. */
export const refSchema: JsonSchema = { type: 'string', pattern: '^\\$[\\s\\S]' };

/** A name of a scenario or a thread: not empty, without control characters. */
export const plainName: JsonSchema = {
  type: 'string',
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$',
};

/** A name that `bind` introduces. */
export const boundName: JsonSchema = {
  type: 'string',
  pattern: '^[^$\\u0000-\\u001f\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*$',
};

/** Text that has UTF-8. */
export const textSchema: JsonSchema = { type: 'string', pattern: '^[^\\ud800-\\udfff]*$' };

export const listSchema = (items: JsonSchema, rest: JsonSchema = {}): JsonSchema => ({
  type: 'array',
  items,
  ...rest,
});

export const nullSchema: JsonSchema = { type: 'null' };
