/** A scenario as it is written down, in JSON: what is generated and cut down. */
import { ScenarioError } from './errors.ts';
import { parseScenario } from './parse.ts';
import type { Scenario } from './scenario.ts';

export type Arg = number | string | null | readonly Arg[] | { readonly [key: string]: Arg };
export type Args = Readonly<Record<string, Arg>>;

export interface WrittenStep {
  readonly thread?: string;
  readonly call: string;
  readonly args?: Args;
  readonly bind?: readonly string[];
}

/** What parseScenario() takes. */
export interface Written {
  readonly version?: 1 | 2;
  readonly name?: string;
  readonly about?: string;
  readonly mode?: 'concurrent';
  readonly threads?: readonly string[];
  readonly steps: readonly WrittenStep[];
  readonly concurrent?: Readonly<Record<string, readonly WrittenStep[]>>;
  readonly after?: readonly WrittenStep[];
}

/** How many calls there are. */
export const callsIn = ({ steps, concurrent = {}, after = [] }: Written): number =>
  [steps, ...Object.values(concurrent), after].reduce((sum, list) => sum + list.length, 0);

/** A document for persons: a step a line. */
export function writtenText(document: Written): string {
  const { steps, concurrent, after, ...head } = document;
  const listText = (list: readonly WrittenStep[], indent: string): string =>
    list.length === 0
      ? '[]'
      : `[\n${list.map((step) => `${indent}  ${JSON.stringify(step)}`).join(',\n')}\n${indent}]`;
  const entries = Object.entries(head).map(([key, value]) => [key, JSON.stringify(value)]);
  entries.push(['steps', listText(steps, '  ')]);
  if (concurrent !== undefined) {
    const lists = Object.entries(concurrent).map(
      ([thread, list]) => `    ${JSON.stringify(thread)}: ${listText(list, '    ')}`,
    );
    entries.push(['concurrent', lists.length === 0 ? '{}' : `{\n${lists.join(',\n')}\n  }`]);
  }
  if (after !== undefined) entries.push(['after', listText(after, '  ')]);
  return `{\n${entries.map(([key, value]) => `  ${JSON.stringify(key)}: ${value}`).join(',\n')}\n}\n`;
}

/** The scenario of a document; null where the parser refuses it. */
export function parsed(document: Written): Scenario | null {
  try {
    return parseScenario(document);
  } catch (error) {
    if (error instanceof ScenarioError) return null;
    throw error;
  }
}

/** The names, with their "$", that stand in arguments. */
export function namesIn(value: Arg | Args): string[] {
  if (typeof value === 'string') return value.startsWith('$') ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(namesIn);
}
