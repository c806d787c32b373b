/** What may stand at a place of a scenario, from its schema. */

import keys from 'virtual:epollsim/scenario-keys';
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { type Diagnostic, linter } from '@codemirror/lint';
import { EditorState, type Extension } from '@codemirror/state';

const { calls } = keys;

/** Which keys, or which names, belong between the quotation marks at the end of `before`. */
export function proposalsAfter(before: string): Completion[] {
  const call = [...before.matchAll(/"call"\s*:\s*"(\w+)"/g)].at(-1)?.[1] ?? '';
  const schema = calls[call];
  const key = /"(\w+)"\s*:\s*"[^"]*$/.exec(before)?.[1];
  if (key === 'call') return Object.keys(calls).map((label) => ({ label, type: 'function' }));
  if (key !== undefined) {
    const names = schema?.args[key]?.names ?? [];
    return [...names, ...boundIn(before)].map((label) => ({ label, type: 'constant' }));
  }
  return keysAfter(before, schema);
}

/** Descriptors that steps before have given names to. */
const boundIn = (before: string): string[] =>
  [...before.matchAll(/"bind"\s*:\s*\[([^\]]*)\]/g)].flatMap(([, list = '']) =>
    (list.match(/\w+/g) ?? []).map((name) => `$${name}`),
  );

function keysAfter(before: string, schema: (typeof calls)[string] | undefined): Completion[] {
  const opened = openedBy(before);
  if (opened === 'args' && schema !== undefined) {
    return Object.entries(schema.args).map(([label, { about }]) => ({
      label,
      type: 'property',
      detail: about,
      boost: schema.required.includes(label) ? 1 : 0,
    }));
  }
  const known = opened === '' ? keys.document : keys.step;
  return known.map((label) => ({ label, type: 'property' }));
}

/** The key of the innermost object or list that is still open; empty for the document. */
function openedBy(before: string): string {
  const open: string[] = [];
  for (const { 0: token, 1: key } of before.matchAll(/(?:"(\w+)"\s*:\s*)?[{[]|[}\]]/g)) {
    if (token === '}' || token === ']') open.pop();
    else open.push(key ?? (open.length === 0 ? '' : 'step'));
  }
  return open.at(-1) ?? '';
}

function complete(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/"[^"]*$/);
  if (word === null) return null;
  const before = context.state.sliceDoc(0, context.pos);
  const inside = /[$\w]*$/.exec(word.text)?.[0] ?? '';
  const options = proposalsAfter(before);
  return options.length === 0
    ? null
    : { from: context.pos - inside.length, options, validFor: /^[$\w]*$/ };
}

/** For the editor of a scenario. */
export const scenario = (): Extension => [
  json(),
  linter((view): Diagnostic[] => jsonParseLinter()(view)),
  EditorState.languageData.of(() => [{ autocomplete: complete }]),
];
