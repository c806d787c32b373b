/**
 * Who is woken for nothing, and who gets how much: a program or a scenario as it is written, and
 * arranged otherwise, side by side.
 *
 * The first executions are of what is written: they show who waits for what. Then each arrangement is
 * run on all interleavings; where these are too many, on some at random.
 */

import type { Globals } from '../../kernel/globals.ts';
import { defaultKernel, type KernelChoice } from '../../kernel/history.ts';
import type { Memory, SharedMemory } from '../../sim/schedule.ts';
import type { Program } from '../../syscalls/sys.ts';
import { subjectOf } from '../check.ts';
import { type DetectOptions, type DetectorName, detect } from '../detectors/index.ts';
import { Dpor } from '../dpor.ts';
import { type Explored, explore, type Subject, type Trial } from '../explore.ts';
import { Pct, RandomWalk } from '../random.ts';
import { Replay } from '../replay.ts';
import { readSchedule } from '../schedule_text.ts';
import type { Strategy } from '../strategy.ts';
import { ArrangedSys } from './arranged_sys.ts';
import { type Arrangement, arrangements, asWritten, Topology } from './arrangement.ts';
import { Measure } from './measure.ts';
import { CannotArrange, Stage } from './stage.ts';
import { type HerdCounts, HerdTally } from './tally.ts';

export interface HerdOptions extends KernelChoice, DetectOptions {
  /** All interleavings, or some at random where they are too many, unless told otherwise. */
  readonly strategy?: 'exhaustive' | 'pct' | 'random' | 'replay' | undefined;
  /** What `pct` and `random` follow from; 1 unless told otherwise. */
  readonly seed?: number | undefined;
  /** How many executions of each arrangement: up to 1000 for all of them, else 200, unless told otherwise. */
  readonly executions?: number | undefined;
  /** A schedule in words, for `replay`; an arrangement follows it as near as it can. */
  readonly schedule?: string | undefined;
  /** How many steps one execution may take: 20,000 unless told otherwise. */
  readonly steps?: number | undefined;
  /** See CheckOptions. */
  readonly sharedMemory?: SharedMemory | undefined;
  readonly memory?: Memory | undefined;
  readonly rounds?: number | undefined;
}

/** Which interleavings were run: all that can be told apart, some at random, one, or the first ones. */
export type Extent = 'all' | 'sample' | 'one' | 'part';

export interface HerdRow {
  readonly arrangement: string;
  /** Why it cannot be arranged so; null if it can. */
  readonly refused: string | null;
  readonly executions: number;
  readonly extent: Extent;
  readonly counts: HerdCounts;
  /** What went wrong. */
  readonly problems: readonly HerdProblem[];
}

export interface HerdProblem {
  readonly kind: DetectorName | 'out of steps';
  readonly executions: number;
  /** Of the first of them. */
  readonly sentence: string;
}

export interface HerdReport {
  readonly kernel: string;
  readonly strategy: NonNullable<HerdOptions['strategy']>;
  /** Of what was run at random. */
  readonly seed: number;
  /** What is written first. */
  readonly rows: readonly HerdRow[];
  /** False if it was stopped half way. */
  readonly complete: boolean;
}

/** What is arranged. */
export interface Staging {
  /** What is run; `stageOn` is asked once for each machine, before anything runs on it. */
  subject(stageOn: (kernel: Globals) => Stage): Subject<unknown>;
  /** There is one interleaving. */
  readonly isFixed: boolean;
  /** It is no program that an error has ended, but something that cannot be run. */
  isRefused?(error: unknown): boolean;
}

/** How far a study is. */
export interface HerdStanding {
  readonly arrangement: string;
  readonly executions: number;
}

/** What the tasks of a program cost one another, as it is written and arranged otherwise. */
export const programStaging = (program: Program, options: HerdOptions): Staging => ({
  isFixed: false,
  subject: (stageOn) => (course) => {
    const trial: Trial<unknown> = subjectOf(
      ({ task }) => program(new ArrangedSys(task, trial.machine, stage, 'main')),
      options,
    )(course);
    const stage = stageOn(trial.machine.kernel);
    return trial;
  },
});

const mostOfAll = 1000;
const mostAtRandom = 200;
/** So many executions show who waits for what. */
const firstLook = 12;

/** One study, execution by execution. */
export class HerdStudy {
  private readonly staging: Staging;
  private readonly options: HerdOptions;
  private readonly topology: Topology = new Topology();
  private readonly rows: HerdRow[] = [];
  private readonly running: Generator<HerdStanding, void, void>;
  private stages: WeakMap<Globals, Stage> = new WeakMap();
  /** The arrangement under way. */
  private attempt: RowUnderWay | null = null;
  private isOver = false;

  constructor(staging: Staging, options: HerdOptions = {}) {
    this.staging = staging;
    this.options = options;
    this.running = this.run();
  }

  /** Runs one more execution; null when there is no more to do. */
  next(): HerdStanding | null {
    const { done, value } = this.running.next();
    this.isOver = done === true;
    return value ?? null;
  }

  /** The arrangement under way comes to its end with what it has. */
  goOn(): void {
    if (this.attempt !== null) this.attempt.isEnough = true;
  }

  /** How many arrangements are left, with the one that is under way. */
  get left(): number {
    return arrangements.length + 1 - this.rows.length;
  }

  report(): HerdReport {
    const { attempt, isOver: complete, options } = this;
    const rows = attempt === null ? this.rows : [...this.rows, attempt.result('part', null)];
    const { kernel = defaultKernel, seed = 1, strategy = 'exhaustive' } = options;
    return { kernel, strategy, seed, rows, complete };
  }

  private *run(): Generator<HerdStanding, void, void> {
    const { seed = 1 } = this.options;
    const look = new RandomWalk(seed, this.staging.isFixed ? 1 : firstLook);
    for (const { error, machine } of this.explored(asWritten, look, null)) {
      if (this.staging.isRefused?.(error)) throw error;
      this.stages.get(machine.kernel)?.tell(this.topology);
      yield { arrangement: asWritten.name, executions: 0 };
    }
    for (const arrangement of [asWritten, ...arrangements]) yield* this.row(arrangement);
  }

  private explored(
    arrangement: Arrangement,
    strategy: Strategy,
    topology: Topology | null,
  ): Generator<Explored<unknown>, void, void> {
    const { options, staging } = this;
    this.stages = new WeakMap();
    const subject = staging.subject((kernel) => {
      const known = this.stages.get(kernel);
      if (known !== undefined) return known;
      const measure = new Measure(kernel);
      const stage = new Stage(arrangement, topology, measure);
      this.stages.set(kernel, stage);
      kernel.observer = measure;
      return stage;
    });
    return explore(subject, strategy, options);
  }

  /** All have as many interleavings as what is written, more or less: either all of them, or some. */
  private get isTooLarge(): boolean {
    const [written] = this.rows;
    return written !== undefined && written.extent !== 'all';
  }

  private *row(arrangement: Arrangement): Generator<HerdStanding, void, void> {
    const refused = this.topology.refusal(arrangement);
    if (refused !== null) {
      this.rows.push(new RowUnderWay(arrangement.name, this.options).result('all', refused));
      return;
    }
    for (const { extent, most, strategy } of this.strategies(arrangement)) {
      const row = yield* this.attempted(arrangement, strategy, most, extent);
      if (row !== null) {
        this.rows.push(row);
        return;
      }
    }
  }

  /** Null where there are more than `most` executions. */
  private *attempted(
    arrangement: Arrangement,
    strategy: Strategy,
    most: number,
    extent: Extent,
  ): Generator<HerdStanding, HerdRow | null, void> {
    const attempt = new RowUnderWay(arrangement.name, this.options);
    this.attempt = attempt;
    try {
      for (const execution of this.explored(arrangement, strategy, this.topology)) {
        const { error, machine } = execution;
        if (error instanceof CannotArrange) return attempt.result(extent, error.message);
        if (attempt.executions >= most) return null;
        attempt.add(execution, this.stages.get(machine.kernel) as Stage);
        yield { arrangement: arrangement.name, executions: attempt.executions };
        if (attempt.isEnough) return attempt.result('part', null);
      }
      return attempt.result(extent, null);
    } finally {
      this.attempt = null;
    }
  }

  /** What to try, until one of them comes to its end. */
  private *strategies(
    arrangement: Arrangement,
  ): Generator<{ strategy: Strategy; extent: Extent; most: number }, void, void> {
    const { executions, schedule, seed = 1, strategy = 'exhaustive' } = this.options;
    const count = executions ?? mostAtRandom;
    const most = Number.POSITIVE_INFINITY;
    const extent = count === 1 ? 'one' : 'sample';
    if (this.staging.isFixed) {
      yield { strategy: new RandomWalk(seed, 1), extent: 'one', most };
    } else if (strategy === 'replay') {
      const goesOn = arrangement !== asWritten;
      yield {
        strategy: new Replay(readSchedule(schedule ?? '').steps, goesOn),
        extent: 'one',
        most,
      };
    } else if (strategy === 'pct') {
      yield { strategy: new Pct(seed, count), extent, most };
    } else {
      if (strategy === 'exhaustive' && !this.isTooLarge) {
        yield { strategy: new Dpor(), extent: 'all', most: executions ?? mostOfAll };
      }
      yield { strategy: new RandomWalk(seed, count), extent, most };
    }
  }
}

/** An arrangement, execution by execution. */
class RowUnderWay {
  executions = 0;
  /** No more executions are wanted. */
  isEnough = false;
  private readonly arrangement: string;
  private readonly options: HerdOptions;
  private readonly tally: HerdTally = new HerdTally();
  private readonly problems: Map<HerdProblem['kind'], HerdProblem> = new Map();

  constructor(arrangement: string, options: HerdOptions) {
    this.arrangement = arrangement;
    this.options = options;
  }

  add(execution: Explored<unknown>, { measure }: Stage): void {
    if (execution.extent === 'redundant') return;
    this.executions++;
    this.tally.add(measure.result());
    const seen = new Map<HerdProblem['kind'], string>();
    if (execution.extent === 'long') seen.set('out of steps', 'It does not come to an end.');
    for (const { kind, sentence, severity } of detect(execution, this.options)) {
      const tells = severity === 'bug' || kind === 'waits-for-ever';
      if (tells && !seen.has(kind)) seen.set(kind, sentence);
    }
    for (const [kind, sentence] of seen) {
      const known = this.problems.get(kind) ?? { kind, executions: 0, sentence };
      this.problems.set(kind, { ...known, executions: known.executions + 1 });
    }
  }

  result(extent: Extent, refused: string | null): HerdRow {
    const { arrangement, executions, problems, tally } = this;
    const counts = tally.result();
    return { arrangement, refused, executions, extent, counts, problems: [...problems.values()] };
  }
}
