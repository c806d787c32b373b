/** How executions are chosen: all, some at random, or one that is given. */
import type { Touch } from '../kernel/footprint.ts';
import { type ContextId, ending } from './order.ts';

/** A point where contexts can go on; used again for the next one, once the strategy has chosen. */
export interface Choosing {
  /** Never empty; not changed afterwards. */
  readonly possible: readonly ContextId[];
  /** Who would go on if nobody interfered. */
  readonly preferred: ContextId;
  /** Is `preferred` whoever took the last step, so that anybody else would preempt it? */
  readonly goesOn: boolean;
  /** How many of `possible`, the last ones, are liberties that the kernel need not take. */
  readonly free: number;
  /** What a context is about to do: `t1: lock ep->mtx`. */
  describe(context: ContextId): string;
  /** What it is about to do it to, as a number; 0 if it is about to start. */
  targetOf(context: ContextId): number;
}

/** Those that go on without a liberty of the kernel. */
export const needed = ({
  free,
  possible,
}: Pick<Choosing, 'free' | 'possible'>): readonly ContextId[] =>
  free === 0 ? possible : possible.slice(0, -free);

/** Can nothing go on but liberties of the kernel, so that nobody need? */
export const isAtRest = ({ free, possible }: Choosing): boolean =>
  free > 0 && possible.length === free + 1 && possible[0] === ending;

/** Follows a path, which may have been taken where more liberties were left, or fewer. */
export class Way {
  private readonly path: readonly ContextId[];
  private at = 0;

  constructor(path: readonly ContextId[]) {
    this.path = path;
  }

  /** Who goes on; null if that is not possible, undefined at the end of the path. */
  next(choosing: Choosing): ContextId | null | undefined {
    const { path } = this;
    const { possible } = choosing;
    while (path[this.at] === ending && !possible.includes(ending)) this.at++;
    const wanted = path[this.at];
    if (wanted !== undefined && possible.includes(wanted)) {
      this.at++;
      return wanted;
    }
    if (isAtRest(choosing)) return ending;
    return wanted === undefined ? undefined : null;
  }
}

export interface Strategy {
  /** Whatever can happen does so in one of its executions. */
  readonly isExhaustive?: boolean;
  /** Is there another execution to run? Called before each, the first one too. */
  begin(): boolean;
  /**
   * The execution under way begins anew. Who has this wants threads to wait that only go round, see
   * spinning.ts.
   */
  again?(): void;
  /**
   * How many first steps of the execution under way are those of the one before: what they touch is
   * known, and none of it is told again. 0 unless there is one.
   */
  readonly known?: number;
  /** Will whoever took the last step take all those of the call that it enters? See Stepper. */
  goesThrough?(cannotSleep: boolean): boolean;
  /** A call is over that took the last `count` steps, if they were all of its context. */
  wentThrough?(count: number): void;
  /** Who goes on; null if the execution is of no use any more. */
  choose(choosing: Choosing): ContextId | null;
  /**
   * A step was taken. `enabler`: the place in the execution of the step that made it possible, when it
   * was not possible before.
   */
  taken?(context: ContextId, touches: readonly Touch[], enabler: number | null): void;
  /** Every step so far comes before those that follow: they were begun when none was left. */
  rests?(): void;
  /**
   * A context could not take the step that `touch` tells of: the execution is over and it waits for a
   * lock, or it is a timer that was taken back. `enabler` as above.
   */
  waits?(context: ContextId, touch: Touch, enabler: number | null): void;
}

/** A single execution. */
export abstract class Once implements Strategy {
  private begun = false;

  begin(): boolean {
    const first = !this.begun;
    this.begun = true;
    return first;
  }

  abstract choose(choosing: Choosing): ContextId | null;
}

/** Does the strategy want to know what steps touch? */
export const wantsTouches = (strategy: Strategy): boolean => strategy.taken !== undefined;
