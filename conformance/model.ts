/** The model, as a side of a comparison. */
import { KernelBug } from '../src/kernel/bug.ts';
import type { KernelChoice } from '../src/kernel/history.ts';
import { type OutcomeOptions, OutcomeSearch } from '../src/scenario/outcomes.ts';
import { transcriptOn } from '../src/scenario/parting.ts';
import type { Scenario } from '../src/scenario/scenario.ts';

/** The transcript of a scenario in lockstep. A bug of the modelled kernel is an error in it. */
export const playModel = (scenario: Scenario, kernel: KernelChoice): string =>
  transcriptOn(scenario, kernel, undefined, problemOf);

function problemOf(error: unknown): string {
  if (error instanceof KernelBug) return `kernel bug: ${error.message}`;
  const place = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  return `the simulator failed: ${String(error)} ${place}`;
}

/** How many executions of a concurrent scenario are tried before the rest is left to chance. */
const mostExecutions = 20_000;

/** What the model says of a concurrent scenario. */
export interface ModelOutcomes {
  /** Those that were wanted and no execution came to. */
  readonly missing: readonly string[];
  /** How many of them chance comes to, although every interleaving was said to be covered. */
  readonly hidden: number;
  readonly outcomes: number;
  readonly executions: number;
  readonly complete: boolean;
  /** What is wrong with the scenario. */
  readonly error: string | null;
}

/** The outcomes of a concurrent scenario, and whether those that are wanted are among them. */
export function modelOutcomes(
  scenario: Scenario,
  kernel: KernelChoice,
  wanted: readonly string[],
  executions: number = mostExecutions,
): ModelOutcomes {
  const search = searched(scenario, { ...kernel, executions });
  const { complete, found, executions: done } = search.outcomes();
  const unseen = wanted.filter((text) => !search.has(text));
  const others = unseen.length > 0 ? atRandom(scenario, kernel, complete ? 1000 : 10_000) : [];
  const byChance = unseen.filter((text) => others.some((other) => other.has(text)));
  // Where not all was covered, what chance comes to later is the model's as well.
  const missing = complete ? unseen : unseen.filter((text) => !byChance.includes(text));
  const hidden = complete ? byChance.length : 0;
  const error = search.error?.message ?? null;
  return { missing, hidden, outcomes: found.length, executions: done, complete, error };
}

function searched(scenario: Scenario, options: OutcomeOptions): OutcomeSearch {
  const search = new OutcomeSearch(scenario, options);
  while (search.next());
  return search;
}

const atRandom = (scenario: Scenario, kernel: KernelChoice, count: number): OutcomeSearch[] =>
  (['random', 'pct'] as const).map((strategy) =>
    searched(scenario, { ...kernel, strategy, seed: 2, executions: count }),
  );
