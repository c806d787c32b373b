/** All scenarios of a file at once, for the verbs that pick one by its name. */
import { DocumentReader, type ScenarioDocument } from '../scenario/documents.ts';
import type { Input } from './input.ts';

export function documentsIn(input: Input): ScenarioDocument[] {
  const reader = new DocumentReader();
  const documents: ScenarioDocument[] = [];
  for (let chunk = input.next(); chunk !== null; chunk = input.next()) {
    documents.push(...reader.push(chunk));
  }
  return [...documents, ...reader.end()];
}

/** The message for a file without any. */
export const nothingIn = (name: string): string =>
  `${name}: expected at least one scenario, found nothing`;

/** What a document is called, well-formed or not. */
export const nameIn = (one: ScenarioDocument): string | null =>
  one.scenario === undefined ? one.name : one.scenario.name;
