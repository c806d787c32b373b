/** What came of an arrangement. */
import type { DetectOptions, DetectorName } from '../detectors/index.ts';
import { detect } from '../detectors/index.ts';
import type { Explored } from '../explore.ts';
import type { Stage } from './stage.ts';
import { type HerdCounts, HerdTally } from './tally.ts';

/** Which interleavings were run: all that can be told apart, some at random, one, or the first ones. */
export type Extent = 'all' | 'sample' | 'one' | 'part';

/** What came of one arrangement. */
export interface HerdRow {
  /** What is different from what is written, in words. */
  readonly arrangement: string;
  /** Why it cannot be arranged so; null if it can. */
  readonly refused: string | null;
  /** How many executions were run. */
  readonly executions: number;
  /** Which part of all executions these are. */
  readonly extent: Extent;
  /** Who was woken in them, and for what. */
  readonly counts: HerdCounts;
  /** What went wrong. */
  readonly problems: readonly HerdProblem[];
}

/** What went wrong in some executions of an arrangement. */
export interface HerdProblem {
  /** Which detector spoke; `out of steps` of executions that do not end. */
  readonly kind: DetectorName | 'out of steps';
  /** `bug`, or what is only worth knowing. */
  readonly severity: 'bug' | 'information';
  /** In how many executions it did. */
  readonly executions: number;
  /** Of the first of them. */
  readonly sentence: string;
}

/** An arrangement, execution by execution. */
export class RowUnderWay {
  executions = 0;
  /** No more executions are wanted. */
  isEnough = false;
  private readonly arrangement: string;
  private readonly options: DetectOptions;
  private readonly tally: HerdTally = new HerdTally();
  private readonly problems: Map<HerdProblem['kind'], HerdProblem> = new Map();

  constructor(arrangement: string, options: DetectOptions) {
    this.arrangement = arrangement;
    this.options = options;
  }

  add(execution: Explored<unknown>, { measure }: Stage): void {
    if (execution.extent === 'redundant') return;
    this.executions++;
    this.tally.add(measure.result());
    const seen = new Set<HerdProblem['kind']>();
    const see = (problem: Omit<HerdProblem, 'executions'>): void => {
      const { kind } = problem;
      if (seen.has(kind)) return;
      seen.add(kind);
      const known = this.problems.get(kind) ?? { ...problem, executions: 0 };
      this.problems.set(kind, { ...known, executions: known.executions + 1 });
    };
    if (execution.extent === 'long') {
      see({ kind: 'out of steps', severity: 'bug', sentence: 'It does not come to an end.' });
    }
    for (const { kind, sentence, severity } of detect(execution, this.options)) {
      if (severity === 'bug' || kind === 'waits-for-ever') see({ kind, severity, sentence });
    }
  }

  result(extent: Extent, refused: string | null): HerdRow {
    const { arrangement, executions, problems, tally } = this;
    const counts = tally.result();
    return { arrangement, refused, executions, extent, counts, problems: [...problems.values()] };
  }
}
