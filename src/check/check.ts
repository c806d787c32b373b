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
import type { Report } from '../sim/report.ts';
import { checkProgram } from '../syscalls/arguments.ts';
import type { Code, Sys } from '../syscalls/sys.ts';
import { Bounded } from './bounded.ts';
import { detect, type Problem } from './detect.ts';
import { Dpor } from './dpor.ts';
import { type Explored, explore, type Subject } from './explore.ts';
import { minimise } from './minimise.ts';
import type { ContextId } from './order.ts';
import { Pct, RandomWalk } from './random.ts';
import { Replay, Retrace } from './replay.ts';
import { type Header, readSchedule, scheduleText } from './schedule_text.ts';
import { type Story, tell } from './story.ts';
import type { Strategy } from './strategy.ts';

export type StrategyName = 'exhaustive' | 'pct' | 'random' | 'replay';

export interface CheckOptions extends KernelChoice {
  /** `exhaustive` unless told otherwise: each distinguishable interleaving once. */
  readonly strategy?: StrategyName | undefined;
  /** Only interleavings with at most so many preemptions; for `exhaustive`. */
  readonly preemptions?: number | undefined;
  /** What `pct` and `random` follow from; 1 unless told otherwise. */
  readonly seed?: number | undefined;
  /** A schedule in words, for `replay`. */
  readonly schedule?: string | undefined;
  /** Where the schedule does not fit: stop (unless told otherwise), or go on as near to it as can be. */
  readonly mismatch?: 'stop' | 'go on' | undefined;
  /** How many executions at most: 100,000 unless told otherwise, 1,000 for `pct` and `random`. */
  readonly executions?: number | undefined;
  /** How many steps one execution may take: 20,000 unless told otherwise. */
  readonly steps?: number | undefined;
  /** For how long, in seconds; no limit unless told otherwise. */
  readonly seconds?: number | undefined;
  /** `first` (unless told otherwise) ends with the first finding, `all` goes on. */
  readonly findings?: 'first' | 'all' | undefined;
  /**
   * False if threads share no variables of the program while they run, so that only their calls
   * count. Many fewer executions; unless told otherwise it is taken that they do.
   */
  readonly sharedMemory?: boolean | undefined;
  /** What the machine is to be like; its CPUs and its schedule are the checker's. */
  readonly machine?: Omit<MachineOptions, 'schedule' | 'cpus' | 'maxSteps' | 'tracer'> | undefined;
}

/** A limit that ended the check, and what to do about it. */
export interface LimitReached {
  readonly limit: 'executions' | 'steps' | 'seconds';
  readonly message: string;
}

/** Something that an interleaving breaks. */
export interface Finding extends Problem {
  /** The shortest execution that was found, step by step; what `replay` takes. */
  readonly schedule: string;
  readonly story: Story;
  readonly preemptions: number;
  /** No execution with fewer preemptions breaks it so: all were tried. */
  readonly fewest: boolean;
  readonly steps: number;
  /** Which execution found it first, from 1. */
  readonly execution: number;
}

export interface Verdict {
  /** Every interleaving was covered, of those that were asked for. */
  readonly complete: boolean;
  readonly findings: readonly Finding[];
  /** How many executions were run to their end. */
  readonly executions: number;
  /** How many more were left where they could only repeat another one. */
  readonly redundant: number;
  readonly limit: LimitReached | null;
  /** What the program returned, as JSON, and in how many executions. */
  readonly results: ReadonlyMap<string, number>;
  /** The most steps that an execution took. */
  readonly longest: number;
  readonly kernel: string;
  readonly strategy: StrategyName;
  readonly seed: number | null;
}

/** What one execution of a program came to. */
export interface Ended {
  readonly report: Report;
  readonly value: unknown;
}

/** Checks a program on every schedule, or on those that `options` ask for. */
export function check(program: (sys: Sys) => Code<unknown>, options: CheckOptions = {}): Verdict {
  const checking = checkingOf(program, options);
  while (checking.next());
  return checking.verdict();
}

/** The check of a program, before its first execution. */
export function checkingOf(
  program: (sys: Sys) => Code<unknown>,
  options: CheckOptions = {},
): Checking<Ended> {
  checkProgram('check', program);
  const textOf = ({ value }: Ended): string => JSON.stringify(value) ?? 'undefined';
  return new Checking(subjectOf(program, options), options, textOf);
}

/** What executions came to, and one of them. */
export interface Came {
  count: number;
  readonly path: readonly ContextId[];
}

/** A check in progress: one execution at a time, for those who show progress or stop half way. */
export class Checking<T> {
  readonly options: CheckOptions;
  executions = 0;
  redundant = 0;
  /** By the text of a result, the executions that came to it. */
  readonly results: Map<string, Came> = new Map();
  private readonly subject: Subject<T>;
  private readonly textOf: (result: T) => string;
  private readonly strategy: Strategy;
  private readonly running: Generator<Explored<T>, void, void>;
  private readonly causes: Map<string, Finding> = new Map();
  private limit: LimitReached | null = null;
  private exhausted = false;
  private longest = 0;
  private tooLong = 0;
  private readonly began = Date.now();

  constructor(subject: Subject<T>, options: CheckOptions, textOf: (result: T) => string) {
    this.options = options;
    this.subject = subject;
    this.textOf = textOf;
    this.strategy = strategyOf(options);
    this.running = explore(this.subject, this.strategy, options);
  }

  get findings(): number {
    return this.causes.size;
  }

  /** Runs one more execution; false when there is no more to do. */
  next(): boolean {
    if (this.exhausted || this.limit !== null) return false;
    const { executions = this.isSampling ? 1000 : 100_000, seconds } = this.options;
    if (this.executions >= executions && !this.isSampling) {
      this.limit = executionsReached(executions);
      return false;
    }
    if (seconds !== undefined && Date.now() - this.began >= seconds * 1000) {
      this.limit = secondsReached(seconds);
      return false;
    }
    const step = this.running.next();
    if (step.done === true) {
      this.exhausted = true;
      return false;
    }
    this.note(step.value);
    return this.causes.size === 0 || this.options.findings === 'all';
  }

  private get isSampling(): boolean {
    const { strategy } = this.options;
    return strategy === 'pct' || strategy === 'random';
  }

  private note(execution: Explored<T>): void {
    if (execution.extent === 'redundant') {
      this.redundant++;
      return;
    }
    this.executions++;
    this.longest = Math.max(this.longest, execution.steps);
    if (execution.extent === 'long') this.tooLong++;
    if (execution.result !== null) {
      const text = this.textOf(execution.result);
      const known = this.results.get(text);
      if (known === undefined) this.results.set(text, { count: 1, path: execution.path });
      else known.count++;
    }
    for (const problem of detect(execution)) {
      if (!this.causes.has(problem.cause))
        this.causes.set(problem.cause, this.found(problem, execution));
    }
  }

  private found({ cause }: Problem, first: Explored<T>): Finding {
    const { options, subject } = this;
    const isSame = (execution: Explored<T>): boolean =>
      detect(execution).some((problem) => problem.cause === cause);
    const number = this.executions;
    const { execution, fewest } =
      options.strategy === 'replay'
        ? { execution: first, fewest: false }
        : minimise(subject, first, isSame, options);
    const problem = detect(execution).find((one) => one.cause === cause) as Problem;
    const retrace = new Retrace(execution.path);
    for (const _ of explore(subject, retrace, options)) break;
    const story = tell(subject, execution.path, options);
    return {
      ...problem,
      schedule: scheduleText(this.header(problem), retrace.words),
      story,
      preemptions: execution.preemptions,
      fewest,
      steps: execution.steps,
      execution: number,
    };
  }

  private header({ sentence }: Problem): Header {
    const { kernel = defaultKernel, with: added = [], without = [] } = this.options;
    return { kernel, with: added, without, about: sentence };
  }

  verdict(): Verdict {
    const {
      strategy = 'exhaustive',
      kernel = defaultKernel,
      seed = 1,
      steps = defaultSteps,
    } = this.options;
    const covered = this.exhausted && strategy === 'exhaustive' && this.tooLong === 0;
    const limit = this.limit ?? (this.tooLong > 0 ? stepsReached(steps, this.tooLong) : null);
    return {
      complete: covered && limit === null,
      findings: [...this.causes.values()],
      executions: this.executions,
      redundant: this.redundant,
      limit,
      results: new Map([...this.results].map(([text, { count }]) => [text, count])),
      longest: this.longest,
      kernel,
      strategy,
      seed: this.isSampling ? seed : null,
    };
  }
}

const defaultSteps = 20_000;

/** What `check` explores: the program on a fresh machine. */
export function subjectOf(
  program: (sys: Sys) => Code<unknown>,
  { kernel, with: added, without, machine: more = {}, steps = defaultSteps }: CheckOptions,
): Subject<Ended> {
  return (schedule) => {
    const machine = new Machine({
      ...more,
      kernel,
      with: added,
      without,
      schedule,
      cpus: 1,
      maxSteps: steps,
    });
    const spawned = machine.spawn(program);
    const run = (): Ended => {
      const report = machine.run();
      const { result } = spawned;
      return { report, value: result?.how === 'returned' ? result.value : undefined };
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
      if (schedule === undefined)
        throw new TypeError('check: expected a schedule to replay, found none');
      return new Replay(readSchedule(schedule).steps, mismatch === 'go on');
  }
}

const executionsReached = (executions: number): LimitReached => ({
  limit: 'executions',
  message:
    `${executions} executions are done and more are left: raise "executions" (--max-executions), ` +
    'bound the preemptions, or make the program smaller',
});

const secondsReached = (seconds: number): LimitReached => ({
  limit: 'seconds',
  message:
    `${seconds} s are over and executions are left: raise "seconds" (--time-limit), ` +
    'bound the preemptions, or make the program smaller',
});

const stepsReached = (steps: number, count: number): LimitReached => ({
  limit: 'steps',
  message:
    `${count} ${count === 1 ? 'execution was' : 'executions were'} ended after ${steps} steps: if that is no ` +
    'loop without end, raise "steps" (--max-steps)',
});
