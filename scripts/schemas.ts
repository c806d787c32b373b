/**
 * Writes docs/scenario.schema.json and docs/transcript.schema.json, which say the same as the tables
 * that they are made of: `npm run schemas`.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { JsonSchema } from '../src/scenario/json_schema.ts';
import { scenarioSchema } from '../src/scenario/scenario_schema.ts';
import { transcriptSchema } from '../src/scenario/transcript_schema.ts';

const textOf = (schema: JsonSchema): string => `${JSON.stringify(schema, null, 2)}\n`;

/** Path below the project's folder, and what stands there. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/scenario.schema.json', textOf(scenarioSchema())],
    ['docs/transcript.schema.json', textOf(transcriptSchema())],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of schemaFiles())
    writeFileSync(new URL(`../${path}`, import.meta.url), text);
}
