/** What the schema of scenarios says of each call, in the little that completion needs. */
import { readFileSync } from 'node:fs';

const schemaFile = new URL('../../../docs/scenario.schema.json', import.meta.url);

export interface CallSchema {
  readonly required: readonly string[];
  /** What may stand for each argument: what it is, and the names that it may have. */
  readonly args: Readonly<
    Record<string, { readonly about: string; readonly names: readonly string[] }>
  >;
}

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
}

export function scenarioCalls(): Record<string, CallSchema> {
  const { $defs } = JSON.parse(readFileSync(schemaFile, 'utf8')) as { $defs: Record<string, Node> };
  const calls: Record<string, CallSchema> = {};
  for (const [call, { properties }] of Object.entries($defs)) {
    const args = properties?.['args'];
    if (args === undefined || /^step\d$/.test(call)) continue;
    const shown = Object.entries(args.properties ?? {}).map(([key, node]) => [
      key,
      { about: node.description ?? '', names: namesOf(node) },
    ]);
    calls[call] = { required: args.required ?? [], args: Object.fromEntries(shown) };
  }
  return calls;
}

/** Names of constants: those of an enumeration, and those that the pattern of flags is made of. */
function namesOf({ anyOf = [], enum: all = [], pattern = '' }: Node): string[] {
  const own = all.filter((one): one is string => typeof one === 'string');
  const inPattern = pattern.match(/[A-Z][A-Z\d_]{2,}/g) ?? [];
  return [...new Set([...own, ...inPattern, ...anyOf.flatMap(namesOf)])];
}
