/**
 * Executions at random: each step anybody's, with more or less liking for whoever took the one before,
 * or by priorities that change at a few points (PCT:
 * Burckhardt, Kothari, Musuvathi, Nagarakatte: "A randomized scheduler with probabilistic guarantees
 * of finding bugs", 2010).
 *
 * Execution `n` of a seed is always the same one.
 */
import { Random } from '../sim/schedule.ts';
import type { ContextId } from './order.ts';
import { type Choosing, needed, type Strategy } from './strategy.ts';

/** Mixes a seed and the number of an execution. */
const seedOf = (seed: number, execution: number): number =>
  (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(execution, 0xc2b2ae35)) | 0;

/** How many times of 100 a context goes on that can: by execution, as races come in all sizes. */
const goingOn: readonly number[] = [0, 80, 90, 95];

/** Once in so many steps the kernel takes a liberty, where it can: they are spread over the execution. */
const rarely = 12;

type Able = Pick<Choosing, 'free' | 'possible'>;

/** The liberty that the kernel takes; mostly null. */
function liberty({ free, possible }: Able, random: Random): ContextId | null {
  if (free === 0 || random.below(rarely) > 0) return null;
  return possible[possible.length - 1 - random.below(free)] as ContextId;
}

export class RandomWalk implements Strategy {
  private readonly seed: number;
  private readonly count: number;
  private execution: number;
  private likes = 0;
  private random: Random = new Random(0);

  constructor(seed: number, count: number, first = 0) {
    this.seed = seed;
    this.count = first + count;
    this.execution = first;
  }

  begin(): boolean {
    if (this.execution >= this.count) return false;
    this.likes = goingOn[this.execution % goingOn.length] as number;
    this.random = new Random(seedOf(this.seed, this.execution++));
    return true;
  }

  choose(choosing: Choosing): ContextId {
    const taken = liberty(choosing, this.random);
    if (taken !== null) return taken;
    const { goesOn, preferred } = choosing;
    if (goesOn && this.random.below(100) < this.likes) return preferred;
    const possible = needed(choosing);
    return possible[this.random.below(possible.length)] as ContextId;
  }
}

export class Pct implements Strategy {
  private readonly seed: number;
  private readonly count: number;
  private readonly depth: number | null;
  private execution = 0;
  private random: Random = new Random(0);
  private readonly priorities: Map<ContextId, number> = new Map();
  private changes: Set<number> = new Set();
  private step = 0;
  /** The longest execution so far: where changes are placed. */
  private length = 50;

  /** `depth`: how many steps have to come in a certain order for the bug to show; 2 to 7 by turns. */
  constructor(seed: number, count: number, depth: number | null = null) {
    this.seed = seed;
    this.count = count;
    this.depth = depth;
  }

  begin(): boolean {
    if (this.execution >= this.count) return false;
    this.length = Math.max(this.length, this.step);
    const depth = this.depth ?? 2 + (this.execution % 6);
    this.random = new Random(seedOf(this.seed, this.execution++));
    this.priorities.clear();
    this.changes = new Set();
    for (let i = 1; i < depth; i++) this.changes.add(this.random.below(this.length));
    this.step = 0;
    return true;
  }

  choose(choosing: Able): ContextId {
    return liberty(choosing, this.random) ?? this.first(needed(choosing));
  }

  /** Whoever has the highest priority, which may fall before. */
  private first(possible: readonly ContextId[]): ContextId {
    let best = possible[0] as ContextId;
    for (const context of possible)
      if (this.priorityOf(context) > this.priorityOf(best)) best = context;
    if (!this.changes.has(this.step++)) return best;
    this.priorities.set(best, -this.step); // Below everybody, and below who was put there before.
    return this.first(possible);
  }

  private priorityOf(context: ContextId): number {
    let priority = this.priorities.get(context);
    if (priority === undefined) {
      priority = 1 + this.random.below(1 << 20);
      this.priorities.set(context, priority);
    }
    return priority;
  }
}
