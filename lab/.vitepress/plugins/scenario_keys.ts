/** What the schema of scenarios says of keys and names, in the little that completion needs. */
import { readFileSync } from 'node:fs';

const schemaFile = new URL('../../../docs/scenario.schema.json', import.meta.url);

/** The version whose calls are offered: the newest, which has those of the others too. */
const newest = 'step2';

/** What may stand for a key: what it is, and the names that it may have. */
export interface KeySchema {
  readonly about: string;
  readonly names: readonly string[];
}

export interface CallSchema {
  readonly required: readonly string[];
  readonly args: Readonly<Record<string, KeySchema>>;
}

export interface ScenarioKeys {
  /** The keys of a document. */
  readonly document: readonly string[];
  /** The keys of a step. */
  readonly step: readonly string[];
  /** By their names. */
  readonly calls: Readonly<Record<string, CallSchema>>;
}

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Node[];
  readonly allOf?: readonly Node[];
  readonly if?: Node;
  readonly then?: Node;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Node>>;
}

export function scenarioKeys(): ScenarioKeys {
  const { $defs = {}, properties = {} } = JSON.parse(readFileSync(schemaFile, 'utf8')) as Node;
  const step = $defs[newest] ?? {};
  return {
    document: Object.keys(properties),
    step: Object.keys(step.properties ?? {}),
    calls: callsOf(step, $defs),
  };
}

/** Each is a rule of the step: if it is this call, then it is as one of the definitions has it. */
function callsOf(step: Node, $defs: Readonly<Record<string, Node>>): Record<string, CallSchema> {
  const calls: Record<string, CallSchema> = {};
  for (const rule of step.allOf ?? []) {
    const call = rule.if?.properties?.['call']?.const;
    const definition = $defs[rule.then?.$ref?.replace('#/$defs/', '') ?? ''];
    if (typeof call !== 'string' || definition === undefined) continue;
    calls[call] = callOf(definition);
  }
  return calls;
}

function callOf({ properties }: Node): CallSchema {
  const { properties: args = {}, required = [] } = properties?.['args'] ?? {};
  const shown = Object.entries(args).map(([key, node]) => [
    key,
    { about: node.description ?? '', names: namesOf(node) },
  ]);
  return { required, args: Object.fromEntries(shown) };
}

/** Names of constants: those of an enumeration, and those that the pattern of flags is made of. */
function namesOf({ anyOf = [], enum: all = [], pattern = '' }: Node): string[] {
  const own = all.filter((one): one is string => typeof one === 'string');
  const inPattern = pattern.match(/[A-Z][A-Z\d_]{2,}/g) ?? [];
  return [...new Set([...own, ...inPattern, ...anyOf.flatMap(namesOf)])];
}
