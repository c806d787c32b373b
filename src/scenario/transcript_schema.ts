/** Transcripts, and the answers for concurrent scenarios, as JSON Schema. */
import { epollEventNames, type NameTable, tableOf } from '../kernel/uapi/names.ts';
import * as poll from '../kernel/uapi/poll.ts';
import * as socket from '../kernel/uapi/socket.ts';
import type { JsonSchema } from './json_schema.ts';
import * as schemas from './json_schema.ts';
import { maxShown } from './payload.ts';
import type { ResultField } from './spec.ts';

const number: JsonSchema = { type: 'integer', minimum: 0 };
const text: JsonSchema = { type: 'string' };
const texts: JsonSchema = schemas.listSchema(text);
const numbers: JsonSchema = schemas.listSchema(number);

/** A flag word of a result: names in ascending order of their bits, what has none as a number. */
const shownFlags = (names: NameTable): JsonSchema => {
  const one = `(?:${names.map(([name]) => name).join('|')}|0x[0-9a-f]+)`;
  return { type: 'string', pattern: `^(?:0|${one}(?:\\|${one})*)$` };
};

const object = (
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
  additionalProperties: false,
});

const fields: Readonly<Record<ResultField, JsonSchema>> = {
  fds: numbers,
  events: schemas.listSchema(
    object({
      events: shownFlags(epollEventNames),
      data: number,
    }),
  ),
  revents: schemas.listSchema(shownFlags(tableOf(poll, /^POLL/, ['POLLFREE', 'POLL_BUSY_LOOP']))),
  read: numbers,
  write: numbers,
  except: numbers,
  data: { type: 'string', pattern: `^[ -~]{1,${maxShown}}$` },
  value: schemas.anyOf({ type: 'integer' }, text),
  from: text,
  address: text,
  msg_flags: shownFlags(tableOf(socket, /^MSG_/)),
  signals: texts,
  inotify: texts,
  armed: { type: 'boolean' },
  lines: texts,
  process: text,
  status: { type: 'string', pattern: '^(?:exited [0-9]+|killed SIG[A-Z0-9]+)$' },
};

const errnoPattern = '^(?:E[A-Z0-9]+|errno [0-9]+)$';

/** What a call returned, with keys of its own around it. */
function returned(
  around: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[],
): JsonSchema {
  const failed = object(
    { ...around, ret: { const: -1 }, errno: { type: 'string', pattern: errnoPattern } },
    optional,
  );
  const all = { ...around, ret: number, ...fields };
  return schemas.anyOf(failed, object(all, [...optional, ...Object.keys(fields)]));
}

const definitions: JsonSchema = {
  entry: schemas.anyOf(
    object({ step: number, blocked: { const: true } }),
    object({ step: number, ended: { const: true } }),
    returned({ step: number, after: number }, ['after']),
  ),
  outcome: {
    description: 'by thread, and "after": what the calls returned',
    type: 'object',
    properties: { after: schemas.listSchema({ $ref: '#/$defs/result' }) },
    required: ['after'],
    additionalProperties: schemas.listSchema({ $ref: '#/$defs/result' }),
  },
  result: schemas.anyOf({ const: 'blocked' }, returned({}, [])),
};

const name: JsonSchema = { type: ['string', 'null'] };

const finding: JsonSchema = object(
  {
    kind: text,
    sentence: text,
    preemptions: number,
    schedule: texts,
    smaller: object({ scenario: { type: 'object' }, schedule: texts }),
  },
  ['smaller'],
);

/** Draft 2020-12. */
export function transcriptSchema(): JsonSchema {
  const results = schemas.listSchema({ $ref: '#/$defs/entry' });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:epollsim:transcript',
    title: 'A transcript of epollsim, or the outcomes of a concurrent scenario',
    oneOf: [
      object({ name, results, blocked: texts }),
      object({ name, results, error: text }),
      object(
        {
          name,
          outcomes: schemas.listSchema({ $ref: '#/$defs/outcome' }),
          executions: number,
          complete: { type: 'boolean' },
          findings: schemas.listSchema(finding),
          schedules: schemas.listSchema(texts),
        },
        ['findings', 'schedules'],
      ),
    ],
    $defs: definitions,
  };
}
