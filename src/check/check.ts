/**
 * Checks a program: does any interleaving break it?
 *
 *     const { complete, findings } = check(program, { kernel: '5.7-rc4' });
 *
 * The program is run again and again from its start, each time along another schedule, and each
 * execution is looked at by the detectors.
 */
import { defaultKernel, type KernelChoice } from '../kernel/history.ts';
import { Machine, type MachineOptions } from '../sim/machine.ts';
import { type Pausing, pauseNeeded, withoutPause } from '../sim/pause.ts';
import { endingOf, type Report } from '../sim/report.ts';
import { type Memory, ScheduleMismatch, type SharedMemory } from '../sim/schedule.ts';
import { checkProgram } from '../syscalls/arguments.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { Bounded } from './bounded.ts';
import { observed, type Problem } from './detectors/index.ts';
import { isSame, NotDeterministic } from './determinism.ts';
import { Dpor, type Left, type Part } from './dpor.ts';
import { type Estimate, estimateText, estimating, refined } from './estimate.ts';
import { type Explored, type ExploreOptions, exploring, firstOf, type Subject } from './explore.ts';
import { type Finding, finding } from './finding.ts';
import { checkCheckOptions, checkTold } from './options.ts';
import type { ContextId } from './order.ts';
import { Pct, RandomWalk } from './random.ts';
import { type Departure, Replay, Retrace } from './replay.ts';
import { kernelAlong, readSchedule } from './schedule_text.ts';
import type { Strategy } from './strategy.ts';
import { type Came, Tally, type TallyOptions } from './tally.ts';
import { hasReturns } from './words.ts';

export type { Finding } from './finding.ts';

/**
 * Which interleavings are run: `exhaustive` all that can be told apart, once each; `pct` at random
 * with few changes of priority; `random` at random; `replay` the one that a schedule in words
 * describes.
 */
export type StrategyName = 'exhaustive' | 'pct' | 'random' | 'replay';

/** How to check: which interleavings, how many, and on what machine. */
export interface CheckOptions extends KernelChoice, TallyOptions, ExploreOptions {
  /** `exhaustive` unless told otherwise: each distinguishable interleaving once. */
  readonly strategy?: StrategyName | undefined;
  /** Only interleavings with at most so many preemptions; for `exhaustive`. */
  readonly preemptions?: number | undefined;
  /** What `pct` and `random` follow from; 1 unless told otherwise. */
  readonly seed?: number | undefined;
  /** A schedule in words, for `replay`, which is then the strategy unless told otherwise. */
  readonly schedule?: string | undefined;
  /** Where the schedule does not fit: stop (unless told otherwise), or go on as near to it as can be. */
  readonly mismatch?: 'stop' | 'go on' | undefined;
  /** How many executions at most: 100,000 unless told otherwise, 1,000 for `pct` and `random`. */
  readonly executions?: number | undefined;
  /**
   * How many steps one execution may take: 20,000 unless told otherwise. That a timer fires and wakes
   * nobody counts as twenty.
   */
  readonly steps?: number | undefined;
  /** For how long, in seconds; no limit unless told otherwise. */
  readonly seconds?: number | undefined;
  /** `first` (unless told otherwise) ends with the first finding, `all` goes on. */
  readonly findings?: 'first' | 'all' | undefined;
  /**
   * Which variables of the program its threads share. `false`: none while they run, so that only their
   * calls count; many fewer executions. `told`: those that a program says which was rewritten for it, as
   * the command and epollsim/vitest/plugin do it. `true`, which it is unless told otherwise: any, and the
   * code behind a call goes in one go with the last that the call does in the kernel, so that nobody comes
   * between but a thread that the call has made. `anytime`: any, and others come between there, too; so
   * many more executions that few programs are small enough.
   */
  readonly sharedMemory?: SharedMemory | undefined;
  /**
   * `tso`: what a thread writes in the kernel is seen late where no barrier stands, as on x86; `sc`
   * unless told otherwise: at once.
   */
  readonly memory?: Memory | undefined;
  /** What the machine is to be like; its CPUs and its schedule are the checker's. */
  readonly machine?: Omit<MachineOptions, 'schedule' | 'cpus' | 'maxSteps' | 'tracer'> | undefined;
}

/** A limit that ended the check, and what to do about it. */
export interface LimitReached {
  /** Which limit it was. */
  readonly limit: 'executions' | 'steps' | 'seconds';
  /** What to do about it, as a sentence; it names the option of check() in quotes: `raise "seconds"`. */
  readonly message: string;
}

/** What came of a check. */
export interface Verdict {
  /** Every interleaving was covered, of those that were asked for. */
  readonly complete: boolean;
  /**
   * Those of its calls, each with the code behind it: what threads do to variables there was not
   * interleaved with what others do, as it was not known (see CheckOptions.sharedMemory).
   */
  readonly ofCalls: boolean;
  /** What is wrong, in the order in which it was found; empty if nothing is. */
  readonly findings: readonly Finding[];
  /** What is worth knowing and no bug: herds, who waits for ever. In the order of their causes. */
  readonly information: readonly Problem[];
  /** How many executions were run to their end. */
  readonly executions: number;
  /** How many more were left where they could only repeat another one. */
  readonly redundant: number;
  /** The limit that ended the check; null if none did. */
  readonly limit: LimitReached | null;
  /**
   * How many executions there are altogether, about, where a limit ended an exhaustive check: found
   * out by sampling, and better known the more are done. Null where all are done, and where that
   * cannot be told.
   */
  readonly estimate: Estimate | null;
  /**
   * What the program returned, as JSON (`never ends`, `was killed by SIGPIPE` where it returned nothing),
   * in the order of these texts, and in how many executions.
   */
  readonly results: ReadonlyMap<string, number>;
  /** The most steps that an execution took. */
  readonly longest: number;
  /** Who took each step, of the first executions, as many as `keep` says. */
  readonly paths: readonly (readonly ContextId[])[];
  /** The release that was modelled. */
  readonly kernel: string;
  /** Which interleavings were run. */
  readonly strategy: StrategyName;
  /** What `pct` and `random` followed from; null of the others. */
  readonly seed: number | null;
  /** The bound on preemptions that was asked for; null for none. */
  readonly preemptions: number | null;
}

/** What one execution of a program came to. */
export interface Ended {
  readonly report: Report;
  readonly value: unknown;
}

/**
 * Checks a program on every schedule, or on those that `options` ask for: what was found.
 *
 * @throws TypeError for options that cannot be meant
 * @throws RangeError for numbers that are out of bounds, and a kernel that is not known
 * @throws ScheduleError for a schedule that cannot be read
 * @throws ScheduleMismatch where a schedule does not fit the program
 * @throws NotDeterministic where the program goes another way when it is run again
 * @throws OutOfSteps where the program goes on for ever
 */
export function check(program: (sys: Sys) => Code<unknown>, options: CheckOptions = {}): Verdict {
  return withoutPause(runCheck(checkingOf(program, options)));
}

/** Runs a check to its end, with pauses. */
export function* runCheck<T>(checking: Checking<T>): Pausing<Verdict> {
  while (checking.goOn()) if (checking.isPaused) yield null;
  if (checking.reached !== null) yield* checking.sampling();
  return yield* checking.deciding();
}

/** The check of a program, before its first execution. */
export function checkingOf(
  program: (sys: Sys) => Code<unknown>,
  options: CheckOptions = {},
): Checking<Ended> {
  checkProgram('check', program);
  checkCheckOptions('check', options);
  checkTold('check', options);
  const meant = settled(options);
  return new Checking(subjectOf(program, meant), meant, textOfEnded);
}

/** What a program returned, as JSON; or how it ended, if it did. */
export function textOfEnded({ report, value }: Ended): string {
  const result = report.programs[0]?.result ?? null;
  if (result === null) return 'never ends';
  return result.how === 'returned' ? (JSON.stringify(value) ?? 'undefined') : endingOf(result);
}

/** What is checked, and how: what a Checking is made of. */
export interface Explorable<T> {
  readonly subject: Subject<T>;
  readonly options: CheckOptions;
  readonly textOf: (result: T) => string;
}

/** So many nodes take some hundred megabytes. */
const mostLeft = 3_000_000;

/** A check in progress: one execution at a time, for those who show progress or stop half way. */
export class Checking<T> {
  readonly options: CheckOptions;
  readonly tally: Tally;
  private readonly subject: Subject<T>;
  private readonly textOf: (result: T) => string;
  private readonly strategy: Strategy;
  private readonly running: Generator<Explored<T> | null, void, void>;
  private paused = false;
  private limit: LimitReached | null = null;
  private exhausted = false;
  private sampled: Estimate | null = null;
  private readonly began = now();

  /** `part`: only that part of an exhaustive exploration. */
  constructor(
    subject: Subject<T>,
    options: CheckOptions,
    textOf: (result: T) => string,
    part: Part | null = null,
  ) {
    this.options = options = settled(options);
    this.tally = new Tally(options);
    this.subject = subject;
    this.textOf = textOf;
    this.strategy = part === null ? strategyOf(options) : new Dpor(part);
    this.running = exploring(this.subject, this.strategy, options);
  }

  get executions(): number {
    return this.tally.executions;
  }

  get results(): ReadonlyMap<string, Came> {
    return this.tally.results;
  }

  /** How many things were found to be wrong. */
  get findings(): number {
    return this.tally.bugs;
  }

  /** Runs one more execution; false when there is no more to do. */
  next(): boolean {
    const more = this.goOn();
    if (this.isPaused) throw pauseNeeded();
    return more;
  }

  /** As next(), or up to where JavaScript has to come to rest before this is called again. */
  goOn(): boolean {
    if (this.exhausted || this.limit !== null) return false;
    this.limit = limitReached(this.options, this.tally, now() - this.began);
    if (this.limit !== null) return false;
    const step = this.running.next();
    this.paused = step.done !== true && step.value === null;
    if (step.done === true) {
      this.exhausted = true;
      return false;
    }
    if (step.value === null) return true;
    const { error, result } = step.value;
    if (error instanceof ScheduleMismatch || error instanceof NotDeterministic) throw error;
    if (error === null && this.strategy instanceof Replay) this.strategy.end();
    this.tally.note(step.value, result === null ? null : this.textOf(result));
    return this.findings === 0 || this.options.findings === 'all';
  }

  /** Was the execution under way left, so that JavaScript can come to rest? */
  get isPaused(): boolean {
    return this.paused;
  }

  get isExhausted(): boolean {
    return this.exhausted;
  }

  /** The limit that ended it, if one did. */
  get reached(): LimitReached | null {
    return this.limit;
  }

  /** Which share of all executions is done, as far as it shows; null if that is not known. */
  get share(): number | null {
    return this.strategy instanceof Dpor ? this.strategy.share() : null;
  }

  /** Where a schedule that is replayed was not followed. */
  get departures(): readonly Departure[] {
    return this.strategy instanceof Replay ? this.strategy.departures : [];
  }

  /**
   * Finds out about how many executions an exhaustive check takes, by sampling, within about so many
   * milliseconds; see `estimate`.
   */
  sample(ms = 200): void {
    withoutPause(this.sampling(ms));
  }

  /** As sample(), with pauses. */
  *sampling(ms = 200): Pausing<void> {
    this.sampled = yield* sampling(this.subject, this.options, ms);
  }

  /**
   * How many executions there are altogether, about, as far as it is known by now; null before
   * sample(), when all are done, and where not all are to be done.
   */
  get estimate(): Estimate | null {
    const { exhausted, sampled, share, tally } = this;
    if (sampled === null || share === null || exhausted) return null;
    return refined(sampled, tally.executions, share);
  }

  /** Is what is left small enough for leave()? It is not where executions take very many steps. */
  get canLeave(): boolean {
    return !(this.strategy instanceof Dpor) || this.strategy.load <= mostLeft;
  }

  /** What is left of an exhaustive exploration; null for the other strategies. */
  leave(): Left | null {
    return this.strategy instanceof Dpor ? this.strategy.leave() : null;
  }

  verdict(): Verdict {
    return withoutPause(this.deciding());
  }

  /** As verdict(), with pauses. */
  deciding(): Pausing<Verdict> {
    const { estimate, exhausted, limit, options, subject, tally } = this;
    return deciding(subject, options, tally, exhausted, limit, estimate);
  }
}

/** About how many executions an exhaustive check takes; null for another one. */
export const sampleOf = <T>(
  subject: Subject<T>,
  options: CheckOptions,
  ms: number,
): Estimate | null => withoutPause(sampling(subject, options, ms));

/** As sampleOf(), with pauses. */
export function* sampling<T>(
  subject: Subject<T>,
  options: CheckOptions,
  ms: number,
): Pausing<Estimate | null> {
  const { preemptions, strategy = 'exhaustive' } = options;
  if (strategy !== 'exhaustive' || preemptions !== undefined) return null;
  const began = now();
  return yield* estimating(subject, options, () => (now() - began) / ms);
}

/** Options as they are meant, where one follows from another one. */
export function settled(options: CheckOptions): CheckOptions {
  const { maxLiberties = severalLiberties, memory, schedule, strategy = 'replay' } = options;
  if (schedule !== undefined && strategy === 'replay') {
    const document = readSchedule(schedule.trim());
    return {
      ...options,
      ...kernelAlong(document, options),
      strategy,
      memory: memory ?? document.memory,
      sharedMemory: hasReturns(document.steps) ? 'anytime' : options.sharedMemory,
      liberties: document.liberties ?? undefined,
      maxLiberties: Number.POSITIVE_INFINITY,
    };
  }
  return isSampling(options) ? { ...options, maxLiberties } : options;
}

/** How many liberties the kernel takes in one execution that is a sample, at most. */
const severalLiberties = 3;

const isSampling = ({ strategy }: CheckOptions): boolean =>
  strategy === 'pct' || strategy === 'random';

/** The limit that is reached by now, if one is. */
export function limitReached(
  options: CheckOptions,
  { executions: done }: Tally,
  elapsedMs: number,
): LimitReached | null {
  const { executions = 100_000, seconds } = options;
  if (done >= executions && !isSampling(options)) return executionsReached(executions);
  if (seconds !== undefined && elapsedMs >= seconds * 1000) return secondsReached(seconds);
  return null;
}

/** What comes of executions that were counted; `exhausted` if there are no more. */
export const verdictOf = <T>(
  subject: Subject<T>,
  options: CheckOptions,
  tally: Tally,
  exhausted: boolean,
  reached: LimitReached | null,
  estimate: Estimate | null = null,
): Verdict => withoutPause(deciding(subject, options, tally, exhausted, reached, estimate));

/** As verdictOf(), with pauses. */
export function* deciding<T>(
  subject: Subject<T>,
  options: CheckOptions,
  tally: Tally,
  exhausted: boolean,
  reached: LimitReached | null,
  estimate: Estimate | null,
): Pausing<Verdict> {
  const {
    strategy = 'exhaustive',
    kernel = defaultKernel,
    seed = 1,
    steps = defaultSteps,
  } = options;
  const isCovered = exhausted && strategy === 'exhaustive';
  const { executions, redundant, longest, ofCalls, tooLong, results, problems } = tally;
  const tooMany = tooLong > 0 ? stepsReached(steps, tooLong) : null;
  const limit = reached === null ? tooMany : withEstimate(reached, estimate);
  const findings: Finding[] = [];
  for (const shown of problems.values()) {
    if (shown.problem.severity === 'bug') findings.push(yield* finding(subject, options, shown));
  }
  const isRunAgain = findings.length > 0 || strategy === 'replay';
  if (isCovered || !isRunAgain) yield* goingTheSameWay(subject, options, tally);
  return {
    complete: isCovered && limit === null,
    ofCalls,
    findings: findings.filter(isFirstOfCause),
    information: [...problems.values()]
      .map(({ problem }) => problem)
      .filter(({ severity }) => severity === 'information')
      .sort((a, b) => (a.cause < b.cause ? -1 : 1)),
    executions,
    redundant,
    limit,
    estimate: exhausted || reached === null ? null : estimate,
    results: new Map(
      [...results]
        .map(([text, { count }]) => [text, count] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    longest,
    paths: tally.paths,
    kernel,
    strategy,
    seed: isSampling(options) ? seed : null,
    preemptions: options.preemptions ?? null,
  };
}

/** Throws a NotDeterministic where one of the executions goes another way when it is run again. */
function* goingTheSameWay<T>(
  subject: Subject<T>,
  options: CheckOptions,
  { results }: Tally,
): Pausing<void> {
  const [first] = results.values(); // What there is to see of one is to be seen of the first.
  if (first === undefined) return;
  const { path } = first;
  // Samples have not been along the same way before.
  for (let left = isSampling(options) ? 3 : 1; left > 0; left--) {
    const again = yield* firstOf(subject, new Retrace(path), options);
    const went = again?.path ?? [];
    const isWhole = again?.extent === 'whole' && again.error === null;
    if (!isWhole || !isSame(path, went)) throw new NotDeterministic(went.length, []);
  }
}

/** Two that were named apart may be one where they are run again, see findingOf(). */
const isFirstOfCause = ({ cause }: Finding, at: number, all: readonly Finding[]): boolean =>
  all.findIndex((one) => one.cause === cause) === at;

/** How much was covered is only known of those that did not come to their end. */
const withEstimate = (limit: LimitReached, estimate: Estimate | null): LimitReached =>
  estimate === null
    ? limit
    : { ...limit, message: `${limit.message}; it takes ${estimateText(estimate)}` };

const defaultSteps = 20_000;

/** As it was when this was loaded: a program's fake clock may stand in its place. */
const { now } = Date;

/** What `check` explores: the program on a fresh machine. */
export function subjectOf(
  program: (sys: Sys) => Code<unknown>,
  { kernel, with: added, without, machine: more = {}, steps = defaultSteps }: CheckOptions,
): Subject<Ended> {
  return (schedule) => {
    const machine = observed(
      new Machine({
        ...more,
        kernel,
        with: added,
        without,
        schedule,
        cpus: 1,
        maxSteps: steps,
      }),
    );
    const spawned = machine.spawn(program);
    const run = (): Ended | null => {
      const report = machine.proceed();
      const { result } = spawned;
      const value = result?.how === 'returned' ? result.value : undefined;
      return report && { report, value };
    };
    return { machine, run };
  };
}

function strategyOf({
  strategy = 'exhaustive',
  preemptions,
  seed = 1,
  executions = 1000,
  schedule,
  mismatch = 'stop',
}: CheckOptions): Strategy {
  switch (strategy) {
    case 'exhaustive':
      return preemptions === undefined ? new Dpor() : new Bounded(preemptions);
    case 'random':
      return new RandomWalk(seed, executions);
    case 'pct':
      return new Pct(seed, executions);
    case 'replay':
      if (schedule === undefined) throw new TypeError('check: expected a schedule, found none');
      return new Replay(readSchedule(schedule.trim()).steps, mismatch === 'go on');
  }
}

const otherwise =
  'bound the preemptions, let chance choose (the strategies pct and random), or make the program smaller';

const executionsReached = (executions: number): LimitReached => ({
  limit: 'executions',
  message: `${executions} executions are done and more are left: raise "executions", ${otherwise}`,
});

const secondsReached = (seconds: number): LimitReached => ({
  limit: 'seconds',
  message: `${seconds} s are over and executions are left: raise "seconds", ${otherwise}`,
});

const stepsReached = (steps: number, count: number): LimitReached => ({
  limit: 'steps',
  message:
    `${count} ${count === 1 ? 'execution was' : 'executions were'} ended after ${steps} steps: if that is no ` +
    'loop without end, raise "steps"',
});
