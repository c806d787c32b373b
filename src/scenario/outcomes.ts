/**
 * Every outcome that a concurrent scenario can have, through the checker.
 *
 * Where there are more interleavings than a limit allows, some are taken at random from all of them:
 * those that the search has come to are all alike at their beginning.
 */
import {
  Checking,
  type CheckOptions,
  type Explorable,
  type Finding,
  type LimitReached,
  settled,
  type Verdict,
} from '../check/check.ts';
import type { DetectorName } from '../check/detectors/index.ts';
import type { Subject } from '../check/explore.ts';
import { scheduleOf } from '../check/finding.ts';
import type { ContextId } from '../check/order.ts';
import type { Departure } from '../check/replay.ts';
import type { MachineOptions } from '../sim/machine.ts';
import type { Memory } from '../sim/schedule.ts';
import { concurrentSubject, type Played } from './concurrent.ts';
import type { ScenarioError } from './errors.ts';
import type { Smaller } from './minimise.ts';
import type { Scenario } from './scenario.ts';
import { outcomeSetText } from './transcript.ts';

/** How outcomes are searched for. */
export type OutcomeOptions = Omit<CheckOptions, 'findings' | 'sharedMemory' | 'machine'>;

/** What a search comes to; one that is carried out elsewhere has no next(). */
export type Search = Pick<
  Checking<Played>,
  'departures' | 'executions' | 'next' | 'reached' | 'results' | 'verdict'
>;

/** One outcome. */
export interface FoundOutcome {
  readonly text: string;
  /** How many executions came to it. */
  readonly executions: number;
  /** One of them: see Retrace. */
  readonly path: readonly ContextId[];
}

/** What came of a search. */
export interface Outcomes {
  readonly name: string | null;
  /** In the order of their texts. */
  readonly found: readonly FoundOutcome[];
  readonly executions: number;
  /** Every interleaving was covered. */
  readonly complete: boolean;
  /** What was asked for, and whether that was covered. */
  readonly searched: Pick<Verdict, 'complete' | 'strategy' | 'preemptions'>;
  readonly findings: readonly Finding[];
  readonly limit: LimitReached | null;
}

/** What is the program's own fault: a scenario is none, and may well leave things undone. */
const ofPrograms: readonly DetectorName[] = [
  'stranded-data',
  'oneshot-never-rearmed',
  'deadlock',
  'stale-event',
  'livelock',
  'herd',
  'waits-for-ever',
];

/** What is asked of the checker. */
export const checkOptionsOf = (options: OutcomeOptions): CheckOptions => ({
  ...options,
  findings: 'all',
  sharedMemory: false,
  rounds: Number.POSITIVE_INFINITY, // A scenario has no loops.
  off: [...ofPrograms, ...(options.off ?? [])],
});

/** What the machine is to be like. */
export const machineOptionsOf = ({
  kernel,
  with: added,
  without,
  steps: maxSteps = 20_000,
}: OutcomeOptions): MachineOptions => ({ kernel, with: added, without, maxSteps });

/** How many executions are taken at random, of each kind, where not all can be had. */
const samples = 2000;
const kinds = ['random', 'pct'] as const;
/** What of the time is for the search, and for each of the others, where there is a limit. */
const shareOfSearch = 0.8;
const shareOfSamples = (1 - shareOfSearch) / kinds.length;

export class OutcomeSearch {
  readonly scenario: Scenario;
  /** The scenario is at fault: there are no outcomes. */
  error: ScenarioError | null = null;
  readonly subject: Subject<Played>;
  readonly memory: Memory;
  private readonly options: OutcomeOptions;
  private readonly parts: Search[];

  constructor(scenario: Scenario, options: OutcomeOptions = {}) {
    const { seconds } = options;
    this.scenario = scenario;
    this.options = options = settled(options);
    this.memory = options.memory ?? 'sc';
    this.subject = concurrentSubject(scenario, machineOptionsOf(options));
    const first =
      seconds === undefined ? options : { ...options, seconds: seconds * shareOfSearch };
    this.parts = [this.part(first)];
  }

  private part(options: OutcomeOptions): Checking<Played> {
    const textOf = ({ text, error }: Played): string => {
      this.error ??= error;
      return text ?? '';
    };
    return new Checking(this.subject, checkOptionsOf(options), textOf);
  }

  private get current(): Search {
    return this.parts.at(-1) as Search;
  }

  /** What is to be searched, for somebody else to do that; `textOf` throws a ScenarioError. */
  get task(): Explorable<Played> {
    const { options } = this.parts[0] as Checking<Played>;
    const textOf = (played: Played): string => {
      if (played.error !== null) throw played.error;
      return played.text;
    };
    return { subject: this.subject, options, textOf };
  }

  /** Takes over what somebody else has come to; what is taken at random follows as ever. */
  takeOver(search: Search): void {
    this.parts[0] = search;
  }

  get executions(): number {
    return this.parts.reduce((sum, { executions }) => sum + executions, 0);
  }

  /** How many outcomes there are so far. */
  get distinct(): number {
    return new Set(this.parts.flatMap(({ results }) => [...results.keys()])).size;
  }

  /** Where a schedule that is replayed was not followed. */
  get departures(): readonly Departure[] {
    return this.current.departures;
  }

  /** One execution that comes to an outcome, as a schedule in words. */
  scheduleOf({ path, text }: FoundOutcome): string {
    return scheduleOf(this.subject, checkOptionsOf(this.options), path, `outcome ${text}`);
  }

  has(text: string): boolean {
    return this.parts.some(({ results }) => results.has(text));
  }

  /** Runs one more execution; false when there is no more to do. */
  next(): boolean {
    if (this.error !== null) return false;
    return this.current.next() || this.sampleNext();
  }

  /** Goes on at random, by one method and then another, where the search has come to a limit. */
  private sampleNext(): boolean {
    const { preemptions, seconds, strategy = 'exhaustive' } = this.options;
    const kind = kinds[this.parts.length - 1];
    if (kind === undefined || strategy !== 'exhaustive' || preemptions !== undefined) return false;
    const stopped = this.parts[0]?.reached?.limit;
    if (stopped !== 'executions' && stopped !== 'seconds') return false;
    const more = { ...this.options, strategy: kind, executions: samples };
    const timed = seconds === undefined ? more : { ...more, seconds: seconds * shareOfSamples };
    this.parts.push(this.part(timed));
    return this.current.next();
  }

  outcomes(): Outcomes {
    const verdicts = this.parts.map((part) => part.verdict());
    const searched = verdicts[0] as Verdict;
    const { limit, complete } = searched;
    const causes = new Map(
      verdicts.flatMap(({ findings }) => findings.map((one) => [one.cause, one] as const)),
    );
    return {
      name: this.scenario.name,
      found: this.found(),
      executions: this.executions,
      complete: complete && this.options.preemptions === undefined,
      searched,
      findings: [...causes.values()],
      limit: limit === null ? null : this.withSamples(limit),
    };
  }

  private withSamples(limit: LimitReached): LimitReached {
    const [, ...atRandom] = this.parts;
    if (atRandom.length === 0) return limit;
    const count = atRandom.reduce((sum, { executions }) => sum + executions, 0);
    return { ...limit, message: `${limit.message}; ${count} more were taken at random` };
  }

  private found(): FoundOutcome[] {
    const found = new Map<string, FoundOutcome>();
    for (const { results } of this.parts) {
      for (const [text, { count, path }] of results) {
        const known = found.get(text);
        const executions = count + (known?.executions ?? 0);
        found.set(text, { text, executions, path: known?.path ?? path });
      }
    }
    return [...found.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
  }
}

/** What is told of outcomes besides. */
export interface Besides {
  /** A schedule for each of the first outcomes. */
  readonly schedules?: readonly string[];
  /** For findings, a smaller scenario that shows the same. */
  readonly smaller?: ReadonlyMap<Finding, Smaller>;
}

/** What is said of them in the format: a line of JSON. */
export function outcomesText(
  { name, found, executions, complete, findings }: Outcomes,
  { schedules = [], smaller }: Besides = {},
): string {
  const set = {
    name,
    outcomes: found.map(({ text }) => text),
    executions,
    complete,
    ...(schedules.length === 0 ? {} : { schedules: schedules.map(linesOf) }),
  };
  if (findings.length === 0) return outcomeSetText(set);
  const shown = findings.map((finding) => {
    const { kind, sentence, preemptions, schedule } = finding;
    const one = smaller?.get(finding);
    const less =
      one === undefined
        ? {}
        : { smaller: { scenario: one.document, schedule: linesOf(one.finding.schedule) } };
    return { kind, sentence, preemptions, schedule: linesOf(schedule), ...less };
  });
  return outcomeSetText({ ...set, findings: shown });
}

const linesOf = (schedule: string): string[] => schedule.split('\n').filter((line) => line !== '');
