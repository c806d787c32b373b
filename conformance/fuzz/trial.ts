/** One random scenario on both sides; what differs is made as small as it gets. */
import * as fc from 'fast-check';
import type { KernelChoice } from '../../src/kernel/history.ts';
import { differenceOf } from '../../src/scenario/difference.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { parsed } from '../../src/scenario/written.ts';
import { type LiveSide, outcomesIn, randomFrom, timesToAskAgain } from '../judge.ts';
import { modelOutcomes, playModel } from '../model.ts';
import { Scenarios, seedOf } from './arbitrary.ts';
import { type Document, freeCalls } from './document.ts';
import { profiles } from './profiles.ts';

export interface Trial {
  readonly profile: string;
  readonly seed: number;
  readonly index: number;
  /** Kinds of differences that are known by now, and need not be made small again. */
  readonly known: readonly string[];
}

/** What a scenario came to. */
export type Finding =
  | { readonly verdict: 'equal' }
  | { readonly verdict: 'skipped' | 'hung'; readonly reason: string; readonly scenario: Document }
  | { readonly verdict: 'nondeterministic'; readonly scenario: Document }
  | {
      readonly verdict: 'differs';
      /** Where and in what; the same before and after the scenario was made small. */
      readonly kind: string;
      readonly scenario: Document;
      readonly model: string;
      readonly linux: string;
      /** How many steps it had at first. */
      readonly steps: number;
    };

const shrinkLimitMs = 60_000;
/** How often the kernel plays a concurrent scenario, and how often the model, at least. */
const samples = 60;
const executions = 3000;

export const nameOf = ({ profile, seed, index }: Omit<Trial, 'known'>): string =>
  `${profile}-${seed}-${index}`;

const scenariosOf = (trial: Trial, kernel: KernelChoice): Scenarios =>
  new Scenarios(
    profiles[trial.profile] as NonNullable<(typeof profiles)[string]>,
    nameOf(trial),
    kernel,
  );

export class Tester {
  private readonly linux: LiveSide;
  private readonly kernel: KernelChoice;
  private readonly busy: () => void;

  /** `busy` is called while something takes long. */
  constructor(linux: LiveSide, kernel: KernelChoice, busy: () => void) {
    this.linux = linux;
    this.kernel = kernel;
    this.busy = busy;
  }

  run(trial: Trial): Finding {
    let first: Finding | null = null;
    let last: Finding = { verdict: 'equal' };
    const property = fc.property(scenariosOf(trial, this.kernel), (document) => {
      this.busy();
      if (first?.verdict === 'differs' && trial.known.includes(first.kind)) return true;
      const finding = this.compare(document);
      first ??= finding;
      if (finding.verdict !== 'differs') return true;
      if (first.verdict !== 'differs' || finding.kind !== first.kind) return true;
      last = { ...finding, steps: first.steps };
      return false;
    });
    const seed = seedOf(trial.seed, trial.profile, trial.index);
    fc.check(property, {
      seed,
      numRuns: 1,
      interruptAfterTimeLimit: shrinkLimitMs,
      reporter: () => {},
    });
    const found = (first ?? last) as Finding;
    return found.verdict === 'differs' ? last : found;
  }

  private compare(scenario: Document): Finding {
    const parsedScenario = parsed(scenario);
    if (parsedScenario === null) return { verdict: 'skipped', reason: 'malformed', scenario };
    if (scenario.mode === 'concurrent') return this.compareOutcomes(scenario, parsedScenario);
    const model = playModel(parsedScenario, this.kernel);
    const answer = this.linux.play(parsedScenario);
    if (answer.kind !== 'transcript') {
      return { verdict: answer.kind, reason: answer.reason, scenario };
    }
    const linux = answer.text;
    if (linux === model) return { verdict: 'equal' };
    for (let i = 0; i < timesToAskAgain(parsedScenario); i++) {
      const again = this.linux.play(parsedScenario);
      const isSame = again.kind === 'transcript' && again.text === linux;
      if (!isSame) return { verdict: 'nondeterministic', scenario };
    }
    const calls = scenario.steps.map(({ call }) => call);
    const { kind } = differenceOf(model, linux, calls);
    return { verdict: 'differs', kind, scenario, model, linux, steps: calls.length };
  }

  /** Has the model all that the kernel is seen to do? */
  private compareOutcomes(document: Document, scenario: Scenario): Finding {
    const answer = this.linux.sample(scenario, samples, randomFrom(samples));
    if (answer.kind !== 'transcript') {
      return { verdict: answer.kind, reason: answer.reason, scenario: document };
    }
    this.busy();
    const seen = outcomesIn(answer.text);
    const { error, missing, complete } = modelOutcomes(scenario, this.kernel, seen, executions);
    if (error !== null) return { verdict: 'skipped', reason: error, scenario: document };
    if (missing.length === 0) return { verdict: 'equal' };
    const calls = freeCalls(document);
    const kind = `outcome of ${[...new Set(calls)].sort().join(', ')}`;
    const model = complete ? 'every interleaving was covered' : 'not every one was covered';
    const linux = missing.join('\n');
    const steps = document.steps.length + calls.length;
    return { verdict: 'differs', kind, scenario: document, model, linux, steps };
  }
}
