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
import type { DetectOptions } from '../detectors/index.ts';
import { Dpor } from '../dpor.ts';
import { estimate } from '../estimate.ts';
import type { Explored } from '../explore.ts';
import { Pct, RandomWalk } from '../random.ts';
import { Replay } from '../replay.ts';
import { readSchedule } from '../schedule_text.ts';
import type { Strategy } from '../strategy.ts';
import { type Arrangement, arrangements, asWritten, Topology } from './arrangement.ts';
import { Measure } from './measure.ts';
import { type Extent, type HerdRow, RowUnderWay } from './row.ts';
import { CannotArrange, Stage } from './stage.ts';
import type { StageMaker, Staging } from './staging.ts';

/** How a study is made: on which kernel, of how many executions. */
export interface HerdOptions extends KernelChoice, DetectOptions {
  /** All interleavings, or some at random where they are too many, unless told otherwise. */
  readonly strategy?: 'exhaustive' | 'pct' | 'random' | 'replay' | undefined;
  /** What executions at random follow from; of a sample of a program, the first seed of `play`. */
  readonly seed?: number | undefined;
  /** How many executions of each arrangement: up to 1000 if that is all of them, else 200, unless told otherwise. */
  readonly executions?: number | undefined;
  /** A schedule in words, for `replay`; an arrangement follows it as near as it can. */
  readonly schedule?: string | undefined;
  /** How many steps one execution may take: 20,000 unless told otherwise. */
  readonly steps?: number | undefined;
  /** See CheckOptions. */
  readonly sharedMemory?: SharedMemory | undefined;
  /** See CheckOptions. */
  readonly memory?: Memory | undefined;
  /** How often a loop goes round before the execution counts as one that does not end. */
  readonly rounds?: number | undefined;
}

/** What came of a study: a row for each arrangement. */
export interface HerdReport {
  /** The release that was modelled. */
  readonly kernel: string;
  /** Which interleavings were asked for. */
  readonly strategy: NonNullable<HerdOptions['strategy']>;
  /** Of a sample; of a program the first, as `play --seed` takes it. */
  readonly seed: number;
  /** Whether it is about a program; otherwise it is about a scenario. */
  readonly isOfProgram: boolean;
  /** What is written first. */
  readonly rows: readonly HerdRow[];
  /** False if it was stopped half way. */
  readonly complete: boolean;
}

/** How far a study is. */
export interface HerdStanding {
  readonly arrangement: string;
  readonly executions: number;
}

const mostOfAll = 1000;
const mostAtRandom = 200;
/** So many executions show who waits for what. */
const firstLook = 12;
/** For so long it is found out how many interleavings there are. */
const probingMs = 200;

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
    const { attempt, isOver: complete, options, seed, staging } = this;
    const rows = attempt === null ? this.rows : [...this.rows, attempt.result('part', null)];
    const { kernel = defaultKernel, strategy = 'exhaustive' } = options;
    const { isOfProgram } = staging;
    return { kernel, strategy, seed, isOfProgram, rows, complete };
  }

  private get seed(): number {
    return this.options.seed ?? (this.staging.isOfProgram ? 0 : 1);
  }

  private *run(): Generator<HerdStanding, void, void> {
    const look = new RandomWalk(this.seed, this.staging.isFixed ? 1 : firstLook);
    const stageOn = this.stageFor(asWritten, null);
    for (const { error, machine } of this.staging.explored(stageOn, look)) {
      if (this.staging.isRefused?.(error)) throw error;
      this.stages.get(machine.kernel)?.tell(this.topology);
      yield { arrangement: asWritten.name, executions: 0 };
    }
    for (const arrangement of [asWritten, ...arrangements]) yield* this.row(arrangement);
  }

  private stageFor(arrangement: Arrangement, topology: Topology | null): StageMaker {
    this.stages = new WeakMap();
    return (kernel) => {
      const known = this.stages.get(kernel);
      if (known !== undefined) return known;
      const measure = new Measure(kernel);
      const stage = new Stage(arrangement, topology, measure);
      this.stages.set(kernel, stage);
      kernel.observer = measure;
      return stage;
    };
  }

  private *row(arrangement: Arrangement): Generator<HerdStanding, void, void> {
    const refused = this.topology.refusal(arrangement);
    if (refused !== null) {
      this.rows.push(new RowUnderWay(arrangement.name, this.options).result('all', refused));
      return;
    }
    for (const attempt of this.attempts(arrangement)) {
      const row = yield* this.attempted(arrangement, attempt);
      if (row !== null) {
        this.rows.push(row);
        return;
      }
    }
  }

  /** Null where there are too many executions for all of them. */
  private *attempted(
    arrangement: Arrangement,
    { executions, extent, most }: Attempt,
  ): Generator<HerdStanding, HerdRow | null, void> {
    const attempt = new RowUnderWay(arrangement.name, this.options);
    this.attempt = attempt;
    try {
      for (const execution of executions) {
        const { error, machine } = execution;
        const cannot = error instanceof CannotArrange || this.staging.isRefused?.(error) === true;
        if (cannot) return attempt.result(extent, (error as Error).message);
        if (attempt.executions >= most) return null;
        attempt.add(execution, this.stages.get(machine.kernel) as Stage);
        yield { arrangement: arrangement.name, executions: attempt.executions };
        if (attempt.isEnough) return extent === 'all' ? null : attempt.result('part', null);
      }
      return attempt.result(extent, null);
    } finally {
      this.attempt = null;
    }
  }

  /** What to try, until one of them comes to its end. */
  private *attempts(arrangement: Arrangement): Generator<Attempt, void, void> {
    const { seed, staging } = this;
    const { executions, schedule, strategy = 'exhaustive' } = this.options;
    const count = executions ?? mostAtRandom;
    const most = Number.POSITIVE_INFINITY;
    const stageOn = this.stageFor(arrangement, this.topology);
    const along = (strategy: Strategy): Attempt['executions'] =>
      staging.explored(stageOn, strategy);
    const extent = count === 1 ? 'one' : 'sample';
    if (staging.isFixed) {
      yield { executions: along(new RandomWalk(seed, 1)), extent: 'one', most };
    } else if (strategy === 'replay') {
      const { steps } = readSchedule(schedule ?? '');
      const goesOn = arrangement !== asWritten;
      yield { executions: along(new Replay(steps, goesOn)), extent: 'one', most };
    } else if (strategy === 'pct') {
      yield { executions: along(new Pct(seed, count)), extent, most };
    } else if (strategy === 'random') {
      yield { executions: along(new RandomWalk(seed, count)), extent, most };
    } else {
      const bound = executions ?? mostOfAll;
      if (!this.isTooLarge(stageOn, bound)) {
        yield { executions: along(new Dpor()), extent: 'all', most: bound };
      }
      yield { executions: staging.sample(stageOn, seed, count), extent, most };
    }
  }

  /**
   * Are there too many interleavings for all of them? Each arrangement has as many as what is written,
   * more or less, and what stands side by side is to be of one kind.
   */
  private isTooLarge(stageOn: StageMaker, most: number): boolean {
    const [written] = this.rows;
    if (written !== undefined) return written.extent !== 'all';
    if (most === 1) return true;
    const began = Date.now();
    const subject = this.staging.subject(stageOn);
    const found = estimate(subject, this.options, () => (Date.now() - began) / probingMs);
    return found === null || found.low > most;
  }
}

/** What is tried for an arrangement; more than `most` are too many. */
interface Attempt {
  readonly executions: Generator<Explored<unknown>, void, void>;
  readonly extent: Extent;
  readonly most: number;
}
