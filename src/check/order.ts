/**
 * What happened before what in one execution, and what was a race.
 *
 * Each context has a vector clock. A step happens after the context's step before it, after the step
 * that made it possible (that woke the task, started the timer, gave the lock back), and after each
 * earlier step that it depends on. Two steps race if they depend on one another and nothing between
 * them orders them: the other order is to be tried as well.
 *
 * Invariants: `clock[c]` of a step counts the steps of context `c` that happened before it, itself
 * included.
 */
import {
  Changes,
  Gives,
  howOf,
  identityOf,
  Looks,
  Shares,
  Takes,
  type Touch,
  Unshares,
} from '../kernel/footprint.ts';

/** A context of one execution: a task, or the interrupt of a timer. */
export type ContextId = number;

/** A step that was taken. */
export interface Taken {
  readonly context: ContextId;
  /** Its place in the execution. */
  readonly index: number;
  /** Which context, counted from 0 in the order of their first steps, and which of its steps, from 1. */
  readonly lane: number;
  readonly count: number;
  readonly touches: readonly Touch[];
  readonly clock: number[];
}

/** Has `step` happened before whatever has this clock? */
export const isBefore = ({ lane, count }: Taken, clock: readonly number[]): boolean =>
  (clock[lane] ?? 0) >= count;

/** What was done last to one thing. */
class Last {
  changed: Taken | null = null;
  /** Since then, the last of each context. */
  looked: Taken[] = [];
  taken: Taken | null = null;
  shared: Taken[] = [];
  given: Taken | null = null;
  unshared: Taken[] = [];
}

function join(into: number[], clock: readonly number[]): void {
  for (let lane = 0; lane < clock.length; lane++) {
    const theirs = clock[lane] as number;
    if (theirs > (into[lane] ?? 0)) into[lane] = theirs;
  }
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);

export class Order {
  readonly taken: Taken[] = [];
  private readonly lanes: Map<ContextId, number> = new Map();
  private readonly latest: (Taken | null)[] = [];
  private readonly things: Map<number, Last> = new Map();

  /** What every step comes after; see rest(). */
  private readonly past: number[] = [];

  /** All steps so far come before all that follow. */
  rest(): void {
    for (const step of this.latest) if (step !== null) join(this.past, step.clock);
  }

  private laneOf(context: ContextId): number {
    const known = this.lanes.get(context);
    if (known !== undefined) return known;
    this.lanes.set(context, this.lanes.size);
    this.latest.push(null);
    return this.lanes.size - 1;
  }

  private lastOf(identity: number): Last {
    let last = this.things.get(identity);
    if (last === undefined) {
      last = new Last();
      this.things.set(identity, last);
    }
    return last;
  }

  /**
   * Appends a step. `enabler`: the place of the step without which this one was not possible. Races
   * with earlier steps go to `races`, if that is given.
   */
  append(
    context: ContextId,
    touches: readonly Touch[],
    enabler: number | null,
    races: Taken[] | null,
  ): Taken {
    const step = this.next(context, touches, enabler, races, this.past);
    this.latest[step.lane] = step;
    this.taken.push(step);
    for (const touch of touches) this.note(step, this.lastOf(identityOf(touch)), howOf(touch));
    return step;
  }

  /**
   * Races of a step that was never taken, as its context waits for a lock or is a timer taken back.
   * Nothing says that it comes after what all others rest on: it may have been possible before.
   */
  pending(context: ContextId, touch: Touch, enabler: number | null, races: Taken[]): Taken {
    return this.next(context, [touch], enabler, races, []);
  }

  /** The step that a context would take now, after all that it comes after. */
  private next(
    context: ContextId,
    touches: readonly Touch[],
    enabler: number | null,
    races: Taken[] | null,
    past: readonly number[],
  ): Taken {
    const lane = this.laneOf(context);
    const before = this.latest[lane] ?? null;
    const by = enabler === null ? undefined : this.taken[enabler];
    const clock = zeros(this.lanes.size);
    join(clock, past);
    if (before !== null) join(clock, before.clock);
    if (by !== undefined) join(clock, by.clock);
    this.orderLocks(touches, lane, clock, races);
    this.orderData(touches, lane, clock, races);
    const count = (before?.count ?? 0) + 1;
    clock[lane] = count;
    return { context, index: this.taken.length, lane, count, touches, clock };
  }

  /**
   * A lock that is taken races with the last time it was taken: it could have been had before that.
   * What the holder did meanwhile comes before.
   */
  private orderLocks(
    touches: readonly Touch[],
    lane: number,
    clock: number[],
    races: Taken[] | null,
  ): void {
    for (const touch of touches) {
      const how = howOf(touch);
      if (how !== Takes && how !== Shares) continue;
      const last = this.lastOf(identityOf(touch));
      const rivals = how === Takes ? [last.taken, ...last.shared] : [last.taken];
      for (const rival of rivals) {
        if (rival !== null && rival.lane !== lane && !isBefore(rival, clock)) races?.push(rival);
      }
      if (last.given !== null) join(clock, last.given.clock);
      if (how === Takes) for (const { clock: theirs } of last.unshared) join(clock, theirs);
    }
  }

  private orderData(
    touches: readonly Touch[],
    lane: number,
    clock: number[],
    races: Taken[] | null,
  ): void {
    const rivals: Taken[] = [];
    const add = (rival: Taken | null): void => {
      if (rival === null || rival.lane === lane || isBefore(rival, clock)) return;
      if (!rivals.includes(rival)) rivals.push(rival);
    };
    for (const touch of touches) {
      const how = howOf(touch);
      if (how !== Looks && how !== Changes) continue;
      const last = this.lastOf(identityOf(touch));
      add(last.changed);
      if (how === Changes) last.looked.forEach(add);
    }
    rivals.sort((a, b) => b.index - a.index);
    for (const rival of rivals) {
      if (isBefore(rival, clock)) continue; // A later rival comes in between.
      races?.push(rival);
      join(clock, rival.clock);
    }
  }

  private note(step: Taken, last: Last, how: number): void {
    switch (how) {
      case Looks: {
        const place = last.looked.findIndex(({ lane }) => lane === step.lane);
        if (place < 0) last.looked.push(step);
        else last.looked[place] = step;
        return;
      }
      case Changes:
        last.changed = step;
        last.looked = [];
        return;
      case Takes:
        last.taken = step;
        last.shared = [];
        return;
      case Shares:
        last.shared.push(step);
        return;
      case Gives:
        last.given = step;
        last.unshared = [];
        return;
      case Unshares:
        last.unshared.push(step);
    }
  }
}

/** Could the order of two steps of different contexts matter? */
export function dependent(a: readonly Touch[], b: readonly Touch[]): boolean {
  for (const one of a) {
    const how = howOf(one);
    const identity = identityOf(one);
    for (const other of b) {
      if (identityOf(other) === identity && clashes(how, howOf(other))) return true;
    }
  }
  return false;
}

const clashes = (a: number, b: number): boolean =>
  !(a === Looks && b === Looks) && !(isShared(a) && isShared(b));
const isShared = (how: number): boolean => how === Shares || how === Unshares;
