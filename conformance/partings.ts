/**
 * Looks for scenarios on which two kernels differ: those of the corpus, the shortest first, then random
 * ones of the generator; concurrent ones by every interleaving. What is found is made as small as it
 * gets.
 */
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { KernelChoice } from '../src/kernel/history.ts';
import { outcomesOf } from '../src/scenario/parting.ts';
import { parsed } from '../src/scenario/written.ts';
import { casesOf, corpusFolder, groupsOf } from './corpus.ts';
import { Scenarios, seedOf } from './fuzz/arbitrary.ts';
import type { Document } from './fuzz/document.ts';
import { profiles } from './fuzz/profiles.ts';
import { smaller } from './fuzz/shrink.ts';
import { playModel } from './model.ts';

export interface Search {
  readonly left: KernelChoice;
  readonly right: KernelChoice;
  readonly seed: number;
  /** How many scenarios of each profile, at most. */
  readonly count: number;
  /** Stops as soon as it is true. */
  readonly isOver: () => boolean;
  /** Called before each scenario: how many have been tried. */
  readonly tried: (count: number) => void;
}

/** Of the checker, for one concurrent scenario on one kernel. */
const executions = 1000;
const shrinkLimitMs = 10_000;

/** The smallest scenario that was found; null if none was. Signals are heard between scenarios. */
export async function findParting(search: Search): Promise<Document | null> {
  let tried = 0;
  for (const document of known()) {
    if (tried % heard === 0) await setImmediate();
    if (search.isOver()) return null;
    search.tried(tried++);
    if (differs(document, search)) return made(document, search);
  }
  for (let index = 0; index < search.count; index++) {
    for (const profile of Object.keys(profiles)) {
      await setImmediate();
      if (search.isOver()) return null;
      search.tried(tried++);
      const found = tryOne(search, profile, index);
      if (found !== null) return found;
    }
  }
  return null;
}

/** So many scenarios of the corpus are played before signals are heard. */
const heard = 16;

let sorted: readonly Document[] | null = null;

/** The corpus: what is quickly played first, and of that the shortest. */
function known(): readonly Document[] {
  if (sorted !== null) return sorted;
  const texts = groupsOf(corpusFolder).flatMap((group) => casesOf(group).map(({ text }) => text));
  const documents = texts
    .sort((one, other) => one.length - other.length)
    .map((text) => JSON.parse(text) as Document);
  const isFree = ({ mode }: Document): boolean => mode === 'concurrent';
  sorted = [...documents.filter((one) => !isFree(one)), ...documents.filter(isFree)];
  return sorted;
}

/** As small as it gets in a while. */
function made(document: Document, search: Search): Document {
  const end = performance.now() + shrinkLimitMs;
  let smallest = document;
  for (let again = true; again; ) {
    again = false;
    for (const one of smaller(smallest)) {
      if (search.isOver() || performance.now() > end) return smallest;
      if (!differs(one, search)) continue;
      smallest = one;
      again = true;
      break;
    }
  }
  return smallest;
}

function tryOne(search: Search, profile: string, index: number): Document | null {
  const { right, seed } = search;
  let smallest: Document | null = null;
  const name = `${profile}-${seed}-${index}`;
  const make = profiles[profile];
  if (make === undefined) return null;
  const property = fc.property(new Scenarios(make, name, right), (document) => {
    if (!differs(document, search)) return true;
    smallest = document;
    return false;
  });
  fc.check(property, {
    seed: seedOf(seed, profile, index),
    numRuns: 1,
    interruptAfterTimeLimit: shrinkLimitMs,
    reporter: () => {},
  });
  return smallest;
}

function differs(document: Document, { isOver, left, right }: Search): boolean {
  const scenario = parsed(document);
  if (scenario === null) return false;
  if (scenario.mode !== 'concurrent') {
    return playModel(scenario, left) !== playModel(scenario, right);
  }
  const [one, other] = [left, right].map((kernel) =>
    outcomesOf(scenario, kernel, { executions }, isOver),
  );
  if (one === undefined || other === undefined || !one.complete || !other.complete) return false;
  return one.said.join('\n') !== other.said.join('\n');
}
