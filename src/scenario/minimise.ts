/**
 * Makes a concurrent scenario smaller in which something is found: the same cause is found in what is
 * left of it. The schedule that is known goes first with each candidate, then the search.
 */
import { detect, type Problem } from '../check/detectors/index.ts';
import { Dpor } from '../check/dpor.ts';
import { explore } from '../check/explore.ts';
import { type Finding, findingOf } from '../check/finding.ts';
import type { ContextId } from '../check/order.ts';
import { Pct } from '../check/random.ts';
import { Replay } from '../check/replay.ts';
import { readSchedule } from '../check/schedule_text.ts';
import type { Strategy } from '../check/strategy.ts';
import { concurrentSubject } from './concurrent.ts';
import { checkOptionsOf, machineOptionsOf, type OutcomeOptions } from './outcomes.ts';
import type { Scenario } from './scenario.ts';
import { smallerConcurrent } from './smaller.ts';
import { callsIn, parsed, type Written } from './written.ts';

/** A smaller scenario, and what is found in it. */
export interface Smaller {
  readonly document: Written;
  readonly finding: Finding;
  readonly calls: number;
}

export interface MinimiseOptions extends OutcomeOptions {
  /** How many executions may be run for it; 10,000 unless told otherwise. */
  readonly budget?: number | undefined;
}

export const defaultBudget = 10_000;
/** Which part of them one candidate may have, and how many it has at least. */
const candidates = 20;
const fewest = 200;
/** How many executions of a candidate that is not covered are taken at random. */
const samples = 100;

interface Best {
  readonly document: Written;
  readonly scenario: Scenario;
  readonly problem: Problem;
  readonly path: readonly ContextId[];
}

/** A search in progress: one execution at a time, for those who stop half way. */
export class Minimising {
  executions = 0;
  private best: Best | null = null;
  private isOver = false;
  /** How many candidates were given up before all was tried. */
  private unsure = 0;
  private readonly options: OutcomeOptions;
  private readonly budget: number;
  private readonly cause: string;
  private readonly schedule: readonly string[];
  private readonly running: Generator<void, void, void>;

  constructor(
    document: Written,
    { cause, schedule }: Finding,
    { budget = defaultBudget, ...options }: MinimiseOptions = {},
  ) {
    this.options = options;
    this.budget = budget;
    this.cause = shapeOf(cause);
    this.schedule = readSchedule(schedule).steps;
    this.running = this.search(document);
  }

  /** Runs one more execution; false when there is no more to do. */
  next(): boolean {
    if (!this.isOver && this.executions < this.budget)
      this.isOver = this.running.next().done === true;
    return !this.isOver && this.executions < this.budget;
  }

  /** How many calls are left, once some are gone. */
  get calls(): number | null {
    return this.best === null ? null : callsIn(this.best.document);
  }

  /** Why there may be a smaller one still, and what to do about it; null if there is none. */
  get limit(): string | null {
    const { executions, isOver, unsure } = this;
    const raise = 'raise "budget" (--max-minimise)';
    if (!isOver)
      return `${executions} executions are done and smaller ones are left to try: ${raise}`;
    if (unsure === 0) return null;
    const which = unsure === 1 ? 'one smaller one' : `${unsure} smaller ones`;
    return `not every interleaving of ${which} was tried: ${raise}`;
  }

  /** The smallest one so far; null if none was found. */
  result(): Smaller | null {
    if (this.best === null) return null;
    const { document, path, problem, scenario } = this.best;
    const subject = concurrentSubject(scenario, machineOptionsOf(this.options));
    const options = { ...checkOptionsOf(this.options), strategy: 'exhaustive' } as const;
    const finding = findingOf(subject, options, { problem, path, execution: this.executions });
    return { document, finding, calls: callsIn(document) };
  }

  private readonly isSame = ({ cause, severity }: Problem): boolean =>
    severity === 'bug' && shapeOf(cause) === this.cause;

  private *search(first: Written): Generator<void, void, void> {
    const tried = new Set<string>([JSON.stringify(first)]);
    for (let document: Written | null = first; document !== null; ) {
      const from: Written = document;
      document = null;
      for (const candidate of smallerConcurrent(from)) {
        const text = JSON.stringify(candidate);
        const scenario = tried.has(text) ? null : parsed(candidate);
        tried.add(text);
        if (scenario === null || !(yield* this.shows(candidate, scenario))) continue;
        document = candidate;
        break;
      }
    }
  }

  /** Is the same found in a candidate? Then it is the best one. */
  private *shows(document: Written, scenario: Scenario): Generator<void, boolean, void> {
    const subject = concurrentSubject(scenario, machineOptionsOf(this.options));
    const options = checkOptionsOf(this.options);
    const most = Math.max(fewest, Math.floor(this.budget / candidates));
    const strategies: readonly Strategy[] = [
      new Replay(this.schedule, true),
      new Dpor(),
      new Pct(1, samples),
    ];
    for (const strategy of strategies) {
      let left = most;
      for (const execution of explore(subject, strategy, options)) {
        this.executions++;
        if ((execution.result?.error ?? null) !== null) return false;
        const problem = detect(execution, options).find(this.isSame);
        if (problem !== undefined) {
          this.best = { document, scenario, problem, path: execution.path };
        }
        yield;
        if (problem !== undefined) return true;
        if (--left === 0) break;
      }
      if (strategy instanceof Dpor && left > 0) return false; // Every interleaving was tried.
    }
    this.unsure++;
    return false;
  }
}

/** A cause without numbers: those of descriptors are others in another scenario. */
const shapeOf = (cause: string): string => cause.replace(/\d+/g, '');
