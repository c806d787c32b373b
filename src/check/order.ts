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

/** A liberty of the kernel is below all other contexts; each kind of them has numbers of its own. */
const firstLiberty = 4e9;
const libertiesOfAKind = 2 ** 48;
export const libertyContext = (kind: number, id: number): ContextId =>
  -(firstLiberty + kind * libertiesOfAKind + id);
/** Nobody goes on: whoever could would be a timer that is not waited for, or a liberty. */
export const ending: ContextId = -2e9;
export const isLiberty = (context: ContextId): boolean => context <= -firstLiberty;

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
  /** The one before of the same context. */
  readonly before: Taken | null;
}

/** Has `step` happened before whatever has this clock? */
export const isBefore = ({ lane, count }: Taken, clock: readonly number[]): boolean =>
  (clock[lane] ?? 0) >= count;

const none: readonly Taken[] = [];

/**
 * What was done last to one thing, as it was after one step. The next step that does something to it
 * has one of its own, so that what was before comes back when steps are taken back.
 */
class Last {
  readonly at: number;
  readonly before: Last | null;
  changed: Taken | null;
  /** Since then, the last of each context. */
  looked: readonly Taken[];
  taken: Taken | null;
  shared: readonly Taken[];
  given: Taken | null;
  unshared: readonly Taken[];

  constructor(at: number, before: Last | null) {
    this.at = at;
    this.before = before;
    this.changed = before === null ? null : before.changed;
    this.looked = before === null ? none : before.looked;
    this.taken = before === null ? null : before.taken;
    this.shared = before === null ? none : before.shared;
    this.given = before === null ? null : before.given;
    this.unshared = before === null ? none : before.unshared;
  }
}

function join(into: number[], clock: readonly number[]): void {
  for (let lane = 0; lane < clock.length; lane++) {
    const theirs = clock[lane] as number;
    if (lane >= into.length) into.push(theirs);
    else if (theirs > (into[lane] as number)) into[lane] = theirs;
  }
}

/** A context, and how many steps had been taken when it was first heard of. */
interface Lane {
  readonly context: ContextId;
  readonly since: number;
  latest: Taken | null;
}

/** All steps up to a place come before all that follow. */
interface Rest {
  readonly at: number;
  readonly past: readonly number[];
}

const beginning: Rest = { at: 0, past: [] };

export class Order {
  readonly taken: Taken[] = [];
  private readonly lanes: Lane[] = [];
  private readonly things: Map<number, Last> = new Map();
  private readonly rests: Rest[] = [beginning];

  /** All steps so far come before all that follow. */
  rest(): void {
    const past = [...this.past];
    for (const { latest } of this.lanes) if (latest !== null) join(past, latest.clock);
    this.rests.push({ at: this.taken.length, past });
  }

  private get past(): readonly number[] {
    return (this.rests[this.rests.length - 1] as Rest).past;
  }

  /** Takes steps back: the first `length` are left. */
  truncate(length: number): void {
    const { lanes, rests, taken, things } = this;
    while (taken.length > length) {
      const step = taken.pop() as Taken;
      (lanes[step.lane] as Lane).latest = step.before;
      for (const touch of step.touches) {
        const identity = identityOf(touch);
        const last = things.get(identity);
        if (last === undefined || last.at !== step.index) continue;
        if (last.before === null) things.delete(identity);
        else things.set(identity, last.before);
      }
    }
    while (lanes.length > 0 && (lanes[lanes.length - 1] as Lane).since >= length) lanes.pop();
    while ((rests[rests.length - 1] as Rest).at > length) rests.pop();
  }

  private laneOf(context: ContextId): number {
    const { lanes } = this;
    for (let lane = 0; lane < lanes.length; lane++) {
      if ((lanes[lane] as Lane).context === context) return lane;
    }
    lanes.push({ context, since: this.taken.length, latest: null });
    return lanes.length - 1;
  }

  /** To be changed by the step that is `at` this place. */
  private lastAt(identity: number, at: number): Last {
    const last = this.things.get(identity);
    if (last !== undefined && last.at === at) return last;
    const own = new Last(at, last ?? null);
    this.things.set(identity, own);
    return own;
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
    (this.lanes[step.lane] as Lane).latest = step;
    this.taken.push(step);
    for (let i = 0; i < touches.length; i++) {
      const touch = touches[i] as Touch;
      note(step, this.lastAt(identityOf(touch), step.index), howOf(touch));
    }
    return step;
  }

  /**
   * Races of a step that was never taken, as its context waits for a lock or is a timer taken back.
   * Nothing says that it comes after what all others rest on: it may have been possible before.
   */
  pending(context: ContextId, touch: Touch, enabler: number | null, races: Taken[]): Taken {
    return this.next(context, [touch], enabler, races, beginning.past);
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
    const before = (this.lanes[lane] as Lane).latest;
    const by = enabler === null ? undefined : this.taken[enabler];
    const clock: number[] = [];
    for (let i = 0; i < this.lanes.length; i++) clock.push(0);
    join(clock, past);
    if (before !== null) join(clock, before.clock);
    if (by !== undefined) join(clock, by.clock);
    this.orderLocks(touches, lane, clock, races);
    this.orderData(touches, lane, clock, races);
    const count = (before === null ? 0 : before.count) + 1;
    clock[lane] = count;
    return { context, index: this.taken.length, lane, count, touches, clock, before };
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
    for (let i = 0; i < touches.length; i++) {
      const touch = touches[i] as Touch;
      const how = howOf(touch);
      if (how !== Takes && how !== Shares) continue;
      const last = this.things.get(identityOf(touch));
      if (last === undefined) continue;
      if (races !== null) {
        addRival(races, last.taken, lane, clock);
        if (how === Takes) for (const rival of last.shared) addRival(races, rival, lane, clock);
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
    let rivals: Taken[] | null = null;
    for (let i = 0; i < touches.length; i++) {
      const touch = touches[i] as Touch;
      const how = howOf(touch);
      if (how !== Looks && how !== Changes) continue;
      const last = this.things.get(identityOf(touch));
      if (last === undefined) continue;
      if (isRival(last.changed, lane, clock)) (rivals ??= []).push(last.changed);
      if (how !== Changes) continue;
      const { looked } = last;
      for (let k = 0; k < looked.length; k++) {
        const rival = looked[k] as Taken;
        if (isRival(rival, lane, clock)) (rivals ??= []).push(rival);
      }
    }
    if (rivals === null) return;
    if (rivals.length > 1) rivals.sort(latestFirst);
    for (const rival of rivals) {
      if (isBefore(rival, clock)) continue; // A later rival comes in between, or is the same one.
      races?.push(rival);
      join(clock, rival.clock);
    }
  }
}

const latestFirst = (a: Taken, b: Taken): number => b.index - a.index;

/** Is it another context's step that nothing orders so far? */
const isRival = (step: Taken | null, lane: number, clock: readonly number[]): step is Taken =>
  step !== null && step.lane !== lane && !isBefore(step, clock);

function addRival(
  races: Taken[],
  step: Taken | null,
  lane: number,
  clock: readonly number[],
): void {
  if (isRival(step, lane, clock)) races.push(step);
}

/** The last steps of each context, with this one. */
function withLatest(steps: readonly Taken[], step: Taken): readonly Taken[] {
  const latest: Taken[] = [];
  for (const other of steps) if (other.lane !== step.lane) latest.push(other);
  latest.push(step);
  return latest;
}

/** What the step has done to a thing. */
function note(step: Taken, last: Last, how: number): void {
  switch (how) {
    case Looks:
      last.looked = last.looked === none ? [step] : withLatest(last.looked, step);
      return;
    case Changes:
      last.changed = step;
      last.looked = none;
      return;
    case Takes:
      last.taken = step;
      last.shared = none;
      return;
    case Shares:
      last.shared = [...last.shared, step];
      return;
    case Gives:
      last.given = step;
      last.unshared = none;
      return;
    case Unshares:
      last.unshared = [...last.unshared, step];
  }
}

/** Could the order of two steps of different contexts matter? */
export function dependent(a: readonly Touch[], b: readonly Touch[]): boolean {
  for (let i = 0; i < a.length; i++) {
    const one = a[i] as Touch;
    const how = howOf(one);
    const identity = identityOf(one);
    for (let k = 0; k < b.length; k++) {
      const other = b[k] as Touch;
      if (identityOf(other) === identity && clashes(how, howOf(other))) return true;
    }
  }
  return false;
}

const clashes = (a: number, b: number): boolean =>
  !(a === Looks && b === Looks) && !(isShared(a) && isShared(b));
const isShared = (how: number): boolean => how === Shares || how === Unshares;
