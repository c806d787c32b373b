/**
 * Every distinguishable interleaving once: dynamic partial-order reduction with source sets and
 * sleep sets (Abdulla, Aronis, Jonsson, Sagonas: "Optimal dynamic partial order reduction", 2014).
 *
 * An execution is run to its end. Each race in it asks for another one, in which the later step, or
 * what leads to it, goes first. What was explored from a state and is independent of the step taken
 * sleeps on: its effect would only be seen again.
 *
 * Invariants: `path` is the execution under way, or the last one; the nodes up to `changed` are as
 * they were in the execution before.
 */
import type { Touch } from '../kernel/footprint.ts';
import { type ContextId, dependent, isBefore, Order, type Taken } from './order.ts';
import type { Choosing, Strategy } from './strategy.ts';

class Node {
  readonly possible: readonly ContextId[];
  /** Explored from before, or from here; with what the first step touches. */
  readonly asleep: Map<ContextId, readonly Touch[]>;
  readonly wanted: Set<ContextId> = new Set();
  chosen: ContextId;

  constructor(
    possible: readonly ContextId[],
    asleep: Map<ContextId, readonly Touch[]>,
    chosen: ContextId,
  ) {
    this.possible = possible;
    this.asleep = asleep;
    this.chosen = chosen;
    this.wanted.add(chosen);
  }

  /** Somebody who is to go first from here and has not yet; null if there is none. */
  next(): ContextId | null {
    for (const context of this.wanted) if (!this.asleep.has(context)) return context;
    return null;
  }
}

export class Dpor implements Strategy {
  private begun = false;
  private readonly path: Node[] = [];
  private changed = 0;
  private order: Order = new Order();
  private readonly races: Taken[] = [];

  begin(): boolean {
    this.order = new Order();
    if (!this.begun) {
      this.begun = true;
      return true;
    }
    for (let node = this.path.at(-1); node !== undefined; node = this.path.at(-1)) {
      const taken = node.chosen;
      if (!node.asleep.has(taken))
        node.asleep.set(taken, this.touchesAt[this.path.length - 1] ?? []);
      const next = node.next();
      if (next !== null) {
        node.chosen = next;
        this.changed = this.path.length - 1;
        return true;
      }
      this.path.pop();
    }
    return false;
  }

  /** What the step taken at each node touches. */
  private touchesAt: (readonly Touch[])[] = [];

  choose({ possible, preferred }: Choosing): ContextId | null {
    const at = this.order.taken.length;
    const known = this.path[at];
    if (known !== undefined) return known.chosen;
    const asleep = this.sleepersAt(at);
    const free = possible.filter((context) => !asleep.has(context));
    if (free.length === 0) return null;
    const chosen = free.includes(preferred) ? preferred : (free[0] as ContextId);
    this.path.push(new Node(possible, asleep, chosen));
    return chosen;
  }

  private sleepersAt(at: number): Map<ContextId, readonly Touch[]> {
    const asleep = new Map<ContextId, readonly Touch[]>();
    const before = this.path[at - 1];
    if (before === undefined) return asleep;
    const touches = this.touchesAt[at - 1] as readonly Touch[];
    for (const [context, theirs] of before.asleep) {
      if (context !== before.chosen && !dependent(theirs, touches)) asleep.set(context, theirs);
    }
    return asleep;
  }

  taken(context: ContextId, touches: readonly Touch[], enabler: number | null): void {
    const at = this.order.taken.length;
    this.touchesAt[at] = touches;
    const by = enabler === null ? null : (this.order.taken[enabler] ?? null);
    const fresh = at >= this.changed;
    this.races.length = 0;
    const step = this.order.append(context, touches, by, fresh ? this.races : null);
    for (const race of this.races) this.reverse(race, step);
  }

  rests(): void {
    this.order.rest();
  }

  waits(context: ContextId, touch: Touch, enabler: number | null): void {
    this.races.length = 0;
    const by = enabler === null ? null : (this.order.taken[enabler] ?? null);
    const step = this.order.pending(context, touch, by, this.races);
    for (const race of this.races) this.reverse(race, step);
  }

  /** Sees to it that an execution is tried in which `later` does not wait for `earlier`. */
  private reverse(earlier: Taken, later: Taken): void {
    const node = this.path[earlier.index] as Node;
    const initials = this.initials(earlier, later);
    for (const context of initials) {
      if (node.wanted.has(context) || node.asleep.has(context)) return;
    }
    const first = initials.includes(later.context) ? later.context : initials[0];
    if (first !== undefined && node.possible.includes(first)) node.wanted.add(first);
    else for (const context of node.possible) node.wanted.add(context);
  }

  /** Who can go first, from where `earlier` was taken, in what does not hang on it and leads to `later`. */
  private initials(earlier: Taken, later: Taken): ContextId[] {
    const rest: Taken[] = [];
    const seen = new Set<number>();
    const initials: ContextId[] = [];
    for (let at = earlier.index + 1; at <= later.index; at++) {
      const step = at === later.index ? later : (this.order.taken[at] as Taken);
      if (step !== later && isBefore(earlier, step.clock)) continue;
      if (!seen.has(step.lane)) {
        seen.add(step.lane);
        if (!rest.some((other) => isBefore(other, step.clock))) initials.push(step.context);
      }
      rest.push(step);
    }
    return initials;
  }
}
