/**
 * Looks for scenarios on which two kernels differ: random ones of the generator, concurrent ones by
 * every interleaving, each made as small as it gets.
 */
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { KernelChoice } from '../src/kernel/history.ts';
import { outcomesOf } from '../src/scenario/parting.ts';
import { parsed } from '../src/scenario/written.ts';
import { Scenarios, seedOf } from './fuzz/arbitrary.ts';
import type { Document } from './fuzz/document.ts';
import { profiles } from './fuzz/profiles.ts';
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

function tryOne({ left, right, seed }: Search, profile: string, index: number): Document | null {
  let smallest: Document | null = null;
  const name = `${profile}-${seed}-${index}`;
  const make = profiles[profile];
  if (make === undefined) return null;
  const property = fc.property(new Scenarios(make, name, right), (document) => {
    if (!differs(document, left, right)) return true;
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

function differs(document: Document, left: KernelChoice, right: KernelChoice): boolean {
  const scenario = parsed(document);
  if (scenario === null) return false;
  if (scenario.mode !== 'concurrent') {
    return playModel(scenario, left) !== playModel(scenario, right);
  }
  const [one, other] = [left, right].map((kernel) => outcomesOf(scenario, kernel, { executions }));
  if (one === undefined || other === undefined || !one.complete || !other.complete) return false;
  return one.said.join('\n') !== other.said.join('\n');
}
