/**
 * The scenario format as JSON Schema, made of the table by which the parser reads.
 *
 * What a schema cannot say is listed in docs/scenario-format.md: what one part of a document has to do
 * with another.
 */

import type { JsonSchema, JsonValue } from './json_schema.ts';
import * as schemas from './json_schema.ts';
import { calls } from './schema.ts';
import type { CallSpec, Version } from './spec.ts';

type AnySpec = CallSpec<Record<string, unknown>>;
type Properties = Record<string, JsonSchema>;

const versions: readonly Version[] = [1, 2];

/** Draft 2020-12. */
export function scenarioSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:epollsim:scenario',
    title: 'A scenario of epollsim',
    type: 'object',
    properties: {
      version: { enum: versions, description: 'of the format; 1 when absent' },
      name: schemas.plainName,
      about: { type: 'string' },
      mode: { const: 'concurrent' },
      threads: {
        description: 'their names; ["main"] when absent',
        ...schemas.listSchema(schemas.plainName, { minItems: 1, uniqueItems: true }),
      },
      steps: { type: 'array' },
      concurrent: { type: 'object' },
      after: { type: 'array' },
    },
    required: ['steps'],
    additionalProperties: false,
    allOf: [
      {
        if: { properties: { version: { const: 2 } }, required: ['version'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: stepsOf(2),
        else: stepsOf(1),
      },
      {
        if: { required: ['mode'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: {
          required: ['concurrent'],
          properties: { threads: { not: { contains: { const: 'after' } } } },
        },
        else: { properties: { concurrent: false, after: false } },
      },
    ],
    $defs: definitions(),
  };
}

/** Where a document of a version has steps. */
function stepsOf(version: Version): JsonSchema {
  const step = { $ref: `#/$defs/step${version}` };
  const free = { allOf: [step, { properties: { call: { not: { const: 'sleep' } } } }] };
  return {
    properties: {
      steps: { items: step },
      concurrent: { additionalProperties: schemas.listSchema(free) },
      after: { items: step },
    },
  };
}

function definitions(): JsonSchema {
  const made: Properties = {};
  for (const version of versions) made[`step${version}`] = stepSchema(version, made);
  return made;
}

const callsOf = (version: Version): [name: string, spec: AnySpec][] =>
  Object.entries(calls as unknown as Record<string, AnySpec>).filter(
    ([, { since = 1 }]) => since <= version,
  );

/** A step of a version; the calls go to `made`, each once where versions do not differ. */
function stepSchema(version: Version, made: Properties): JsonSchema {
  const rows = callsOf(version).map(([name, spec]) => {
    const schema = callSchema(spec, version);
    const known = made[name];
    const key = known === undefined || isEqual(known, schema) ? name : `${name}${version}`;
    made[key] = schema;
    return {
      if: { properties: { call: { const: name } }, required: ['call'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { $ref: `#/$defs/${key}` },
    };
  });
  return {
    type: 'object',
    properties: {
      thread: { type: 'string', description: 'the first one when absent' },
      call: { enum: callsOf(version).map(([name]) => name) },
      args: { type: 'object' },
      bind: {
        description: 'names for the descriptors that the call returns',
        ...schemas.listSchema(schemas.boundName, { uniqueItems: true }),
      },
    },
    required: ['call'],
    additionalProperties: false,
    allOf: rows,
  };
}

const isEqual = (one: JsonValue, other: JsonValue): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** What a step of this call has besides `call` and `thread`. */
function callSchema({ args, binds, exactlyOne, alone }: AnySpec, version: Version): JsonSchema {
  const rows = Object.entries(args).filter(([, { since }]) => since <= version);
  const properties = Object.fromEntries(
    rows.map(([name, { kind }]) => [name, { description: kind.type, ...kind.schema(version) }]),
  );
  const required = rows.filter(([, argument]) => argument.required).map(([name]) => name);
  const choices = exactlyOne?.filter((name) => name in properties);
  const given: Record<string, JsonValue> = { properties, additionalProperties: false };
  if (required.length > 0) given['required'] = required;
  if (choices !== undefined) given['oneOf'] = choices.map((name) => ({ required: [name] }));
  if (alone !== undefined) {
    const others = alone.without.map((name) => ({ required: [name] }));
    given['dependentSchemas'] = { [alone.argument]: { not: { anyOf: others } } };
  }
  const needsArgs = required.length > 0 || choices !== undefined;
  return {
    properties: { args: given, bind: bindSchema(binds) },
    ...(needsArgs ? { required: ['args'] } : {}),
  };
}

/** How many names there are; where that hangs on an argument, any number. */
const bindSchema = (binds: AnySpec['binds']): JsonSchema =>
  typeof binds === 'number' ? { minItems: binds, maxItems: binds } : {};
