/** What `conform` is asked to compare: scenarios from files, with what was recorded for them. */
import { basename } from 'node:path';
import { nothingIn } from '../src/cli/documents.ts';
import { FileError } from '../src/cli/errors.ts';
import { Input, userPath } from '../src/cli/input.ts';
import { kindOf } from '../src/cli/kind.ts';
import { DocumentReader, type ScenarioDocument } from '../src/scenario/documents.ts';
import type { ConformRequest } from './conform_options.ts';
import { casesOf, type Group, groupOf, groupsOf } from './corpus.ts';
import type { Question } from './judge.ts';

/** A scenario, or what is wrong with a document that is none. */
export interface Asked {
  /** The group it counts for: that of the corpus, or the file. */
  readonly group: string;
  /** For messages. */
  readonly place: string;
  readonly question: Question | null;
  /** Of a document that is no scenario: what is wrong with it, and its name if it has one. */
  readonly problem: { readonly name: string | null; readonly text: string } | null;
}

export function* questionsOf(request: ConformRequest): Generator<Asked> {
  if (request.files.length === 0) {
    for (const group of groupsOf(request.corpus)) yield* recorded(group, request);
    return;
  }
  for (const file of request.files) {
    const group = file === '-' ? null : groupOf(userPath(file));
    if (group === null || request.record !== null) yield* fromFile(file, request);
    else yield* recorded(group, request);
  }
}

function* recorded(group: Group, request: ConformRequest): Generator<Asked> {
  const cases = casesOf(group);
  if (cases.some(({ golden }) => golden === '')) {
    throw new FileError(`${group.file}: the golden file has fewer lines`);
  }
  for (const [index, { text, golden }] of cases.entries()) {
    const question = questionOf(text, { text: golden, kernel: group.kernel }, request);
    const place = `${basename(group.file)}:${index + 1}`;
    yield { group: `linux-${group.kernel}/${group.name}`, place, question, problem: null };
  }
}

function* fromFile(file: string, request: ConformRequest): Generator<Asked> {
  const input = new Input(file);
  if (kindOf(file, input) === 'program') {
    throw new FileError(`${input.name}: expected scenarios, found a program`);
  }
  const reader = new DocumentReader();
  const group = basename(file).replace(/(\.scenarios)?\.\w+$/, '');
  const asked = (document: ScenarioDocument): Asked => {
    const place = `${input.name}:${document.line}`;
    if (document.error !== undefined) {
      const problem = { name: document.name, text: document.error.message };
      return { group, place, question: null, problem };
    }
    const question = questionOf(JSON.stringify(document.value), null, request);
    return { group, place, question, problem: null };
  };
  let count = 0;
  for (let chunk = input.next(); ; chunk = input.next()) {
    const documents = chunk === null ? reader.end() : reader.push(chunk);
    count += documents.length;
    yield* documents.map(asked);
    if (chunk === null) break;
  }
  input.close();
  if (count === 0) throw new FileError(nothingIn(input.name));
}

const questionOf = (
  text: string,
  golden: Question['golden'],
  { kernel, repeat, samples }: ConformRequest,
): Question => ({ text, golden, kernel, repeat, samples });
