/**
 * Every distinguishable interleaving once: dynamic partial-order reduction with source sets and
 * sleep sets (Abdulla, Aronis, Jonsson, Sagonas: "Optimal dynamic partial order reduction", 2014).
 *
 * An execution is run to its end. Each race in it asks for another one, in which the later step, or
 * what leads to it, goes first. What was explored from a state and is independent of the step taken
 * sleeps on: its effect would only be seen again.
 *
 * What is left to do can be cut into parts (`Part`), which are plain data: a path, and the node at
 * its end from which other steps are still to be tried. Whoever explores a part hands back what it
 * asks of the nodes before it.
 *
 * Invariants: `path` is the execution under way, or the last one; nodes before `floor` are somebody
 * else's and stay as they are.
 */
import type { Touch } from '../kernel/footprint.ts';
import { anotherWay, isSame } from './determinism.ts';
import { type ContextId, dependent, isBefore, isLiberty, Order, type Taken } from './order.ts';
import type { Choosing, Strategy } from './strategy.ts';

/** A point of a path where contexts could go on. */
export interface NodeData {
  readonly possible: readonly ContextId[];
  /** Explored from before, or from here; with what the first step touches. */
  readonly asleep: readonly (readonly [ContextId, readonly Touch[]])[];
  readonly wanted: readonly ContextId[];
  readonly chosen: ContextId;
}

/** A part of what is to be explored: everything that is still wanted at the last node. */
export interface Part {
  readonly path: readonly NodeData[];
  /** What the steps before the last node touch. */
  readonly touches: readonly (readonly Touch[])[];
}

/** A context that is to go first from a node of the path that leads to a part. */
export interface Request {
  readonly depth: number;
  readonly context: ContextId;
}

/** What is left when the exploration of a part is stopped, or over. */
export interface Left {
  /** The last node of the part as it is now; null if there was no execution at all. */
  readonly node: NodeData | null;
  /** The parts that are left to do, in it and below it. */
  readonly rest: readonly Part[];
  /** What is asked of the nodes before it. */
  readonly requests: readonly Request[];
}

const nobody: Map<ContextId, readonly Touch[]> = new Map();

export class Node {
  readonly possible: readonly ContextId[];
  /** Made when the first falls asleep. */
  asleep: Map<ContextId, readonly Touch[]>;
  wanted: Set<ContextId>;
  chosen: ContextId;
  /** How many of those that were wanted are done. */
  done = 0;
  /** What `chosen` did something to; see Choosing. Null where that was not asked for. */
  target: number | null = null;
  /** How many steps, with this one, the call takes that begins here, if nobody comes between; else 0. */
  through = 0;

  constructor(
    possible: readonly ContextId[],
    asleep: Map<ContextId, readonly Touch[]>,
    chosen: ContextId,
    wanted: readonly ContextId[] = [chosen],
  ) {
    this.possible = possible;
    this.asleep = asleep;
    this.chosen = chosen;
    this.wanted = new Set(wanted);
  }

  /** Somebody who is to go first from here and has not yet; null if there is none. */
  next(): ContextId | null {
    for (const context of this.wanted) if (!this.asleep.has(context)) return context;
    return null;
  }

  toData(): NodeData {
    const { possible, asleep, wanted, chosen } = this;
    return { possible, asleep: [...asleep], wanted: [...wanted], chosen };
  }
}

const nodeOf = ({ possible, asleep, wanted, chosen }: NodeData): Node =>
  new Node(possible, new Map(asleep), chosen, wanted);

export class Dpor implements Strategy {
  readonly isExhaustive = true;
  private readonly requests: Request[] = [];
  protected readonly path: Node[] = [];
  /** What the step taken at each node touches. */
  protected readonly touches: (readonly Touch[])[] = [];
  private readonly floor: number;
  private bottom: Node | null = null;
  protected fresh: boolean;
  protected changed = 0;
  protected readonly order: Order = new Order();
  /** How many steps of the execution under way were taken. */
  protected at = 0;
  known = 0;
  private readonly races: Taken[] = [];
  /** Can whoever goes on at a node of this exploration be compared with who could before? */
  private comparable = true;

  /** `part`: only that; everything unless told otherwise. */
  constructor(part: Part | null = null) {
    this.floor = part === null ? 0 : part.path.length - 1;
    this.fresh = part === null;
    if (part === null) return;
    this.path.push(...part.path.map(nodeOf));
    this.bottom = this.path[this.floor] ?? null;
    this.touches.push(...part.touches);
  }

  again(): void {
    this.comparable = false; // Somebody waits from now on who could go on before.
    this.order.truncate(0);
    this.retrace();
  }

  /** The execution under way begins; its first steps are in order as far as they are kept. */
  protected retrace(): void {
    this.at = 0;
    this.known = Math.min(this.changed, this.order.taken.length);
    this.order.truncate(this.known);
  }

  begin(): boolean {
    if (this.fresh) {
      this.fresh = false;
      return true;
    }
    while (this.path.length > this.floor) {
      const last = this.path.length - 1;
      const node = this.path[last] as Node;
      this.close(node, this.touches[last]);
      const next = node.next();
      if (next !== null) {
        this.turn(last, next);
        return true;
      }
      this.path.pop();
    }
    return false;
  }

  /** The next execution goes another way at this depth. */
  protected turn(depth: number, next: ContextId): void {
    const node = this.path[depth] as Node;
    node.chosen = next;
    node.target = null;
    node.through = 0;
    this.changed = depth;
    while (this.touches.length > depth) this.touches.pop();
    this.retrace();
  }

  /** What was chosen at a node is explored. */
  protected close(node: Node, touches: readonly Touch[] | undefined): void {
    if (touches === undefined || node.asleep.has(node.chosen)) return;
    if (node.asleep === nobody) node.asleep = new Map();
    node.asleep.set(node.chosen, touches);
    node.done++;
  }

  choose(choosing: Choosing): ContextId | null {
    const { at } = this;
    const { possible, preferred } = choosing;
    const known = this.path[at];
    if (known !== undefined) {
      if (this.comparable && !this.isAsBefore(known, choosing)) throw anotherWay(at, choosing);
      return known.chosen;
    }
    const asleep = this.sleepersAt(at);
    const chosen = asleep.has(preferred)
      ? possible.find((context) => !asleep.has(context))
      : preferred;
    if (chosen === undefined) return null;
    const node = new Node(possible, asleep, chosen);
    node.target = choosing.targetOf(chosen);
    if (at === this.floor) this.bottom = node;
    this.path.push(node);
    return chosen;
  }

  /** Whoever found a part may have known of others that they wait. */
  private isAsBefore(node: Node, choosing: Choosing): boolean {
    const { chosen, possible } = node;
    if (this.at <= this.floor) return choosing.possible.includes(chosen);
    if (!isSame(possible, choosing.possible)) return false;
    const target = choosing.targetOf(chosen);
    node.target ??= target;
    return node.target === target;
  }

  goesThrough(cannotSleep: boolean): boolean {
    const next = this.at + 1; // Behind the step under way.
    const node = this.path[next];
    if (node === undefined) return cannotSleep; // Whoever goes on is preferred from here on.
    return node.through > 0 && next + node.through <= this.changed && this.isOf(next, node.through);
  }

  /** Are `count` steps from `first` on all of the same context? */
  private isOf(first: number, count: number): boolean {
    const { path } = this;
    const { chosen } = path[first] as Node;
    for (let i = first + 1; i < first + count; i++) {
      if ((path[i] as Node).chosen !== chosen) return false;
    }
    return true;
  }

  wentThrough(count: number): void {
    const first = this.at - count + 1;
    const node = this.path[first];
    if (node !== undefined && count > 0 && this.isOf(first, count)) node.through = count;
  }

  private sleepersAt(at: number): Map<ContextId, readonly Touch[]> {
    const before = this.path[at - 1];
    if (before === undefined || before.asleep === nobody) return nobody;
    const touches = this.touches[at - 1] as readonly Touch[];
    let asleep = nobody;
    for (const [context, theirs] of before.asleep) {
      if (context === before.chosen || dependent(theirs, touches)) continue;
      if (asleep === nobody) asleep = new Map();
      asleep.set(context, theirs);
    }
    return asleep;
  }

  taken(context: ContextId, touches: readonly Touch[], enabler: number | null): void {
    const at = this.at++;
    if (at < this.known) return;
    this.touches[at] = touches;
    const { races } = this;
    const step = this.order.append(context, touches, enabler, at >= this.changed ? races : null);
    this.reverseAll(step);
  }

  rests(): void {
    if (this.at > this.known) this.order.rest();
  }

  waits(context: ContextId, touch: Touch, enabler: number | null): void {
    if (this.at < this.known) return;
    this.reverseAll(this.order.pending(context, touch, enabler, this.races));
  }

  /** The races of `later`, the last step. */
  private reverseAll(later: Taken): void {
    const { races } = this;
    for (let i = 0; i < races.length; i++) this.reverse(races[i] as Taken, later);
    while (races.length > 0) races.pop();
  }

  /** Sees to it that an execution is tried in which `later` does not wait for `earlier`. */
  private reverse(earlier: Taken, later: Taken): void {
    const { index } = earlier;
    const node = this.path[index] as Node;
    const initials = this.initials(earlier, later);
    for (const context of initials) {
      if (node.wanted.has(context) || node.asleep.has(context)) return;
    }
    const first = initials.includes(later.context) ? later.context : initials[0];
    const isPossible = first !== undefined && node.possible.includes(first);
    const others = isPossible ? [first] : node.possible.filter((one) => !isLiberty(one));
    for (const context of others) this.want(index, context);
    if (!isPossible && first !== undefined) this.wantBefore(index, first);
  }

  private want(depth: number, context: ContextId): void {
    const { wanted } = this.path[depth] as Node;
    if (!wanted.has(context) && depth < this.floor) this.requests.push({ depth, context });
    wanted.add(context);
  }

  /** What cannot be done now, as a lock is held that needs no order, can be done before it is taken. */
  private wantBefore(depth: number, context: ContextId): void {
    for (let at = depth - 1; at >= 0; at--) {
      const { possible, chosen, asleep } = this.path[at] as Node;
      if (chosen === context || !possible.includes(context)) continue;
      if (!asleep.has(context)) this.want(at, context);
      return;
    }
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

  /**
   * Stops between two executions: what is left is a part for each node that still wants something.
   * Their first steps are independent of one another, so the parts may be explored side by side.
   */
  leave(): Left {
    for (let at = this.floor; at < this.path.length; at++) {
      this.close(this.path[at] as Node, this.touches[at]);
    }
    const rest: Part[] = [];
    const path = this.path.map((node) => node.toData());
    for (let last = this.floor; last < this.path.length; last++) {
      if ((this.path[last] as Node).next() === null) continue;
      rest.push({ path: path.slice(0, last + 1), touches: this.touches.slice(0, last) });
    }
    return { node: this.bottom?.toData() ?? null, rest, requests: this.requests };
  }

  /** How many nodes the parts have altogether that leave() would give. */
  get load(): number {
    let load = 0;
    for (let last = this.floor; last < this.path.length; last++) {
      if ((this.path[last] as Node).next() !== null) load += last + 1;
    }
    return load;
  }

  /** Which share of all executions is done, as far as the choices show that were met so far. */
  share(): number {
    let share = 0;
    let weight = 1;
    for (const { done, wanted } of this.path.slice(this.floor)) {
      const count = Math.max(wanted.size, done + 1);
      share += (weight * done) / count;
      weight /= count;
    }
    return share + weight;
  }
}
