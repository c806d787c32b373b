/**
 * Makes an execution shorter that ends in a certain way: fewer liberties of the kernel first, then
 * fewer preemptions, then fewer changes between contexts. What counts as the same end is the caller's
 * to say: the same cause, not the same message.
 */
import type { Pausing } from '../sim/pause.ts';
import { Bounded } from './bounded.ts';
import { Dpor } from './dpor.ts';
import { type Explored, type ExploreOptions, exploring, firstOf, type Subject } from './explore.ts';
import { InTurn } from './in_turn.ts';
import type { ContextId } from './order.ts';
import { type Choosing, Once, type Strategy } from './strategy.ts';

/** A context takes so many steps, or as many as it can. */
interface Block {
  readonly context: ContextId;
  readonly count: number;
}

/** Follows blocks as far as they go, and then whoever goes on by itself, for a while. */
class Blocks extends Once {
  private readonly blocks: readonly Block[];
  private at = 0;
  private done = 0;
  private turns: InTurn = new InTurn(400);

  constructor(blocks: readonly Block[]) {
    super();
    this.blocks = blocks;
  }

  again(): void {
    this.at = 0;
    this.done = 0;
    this.turns = new InTurn(400);
  }

  choose(choosing: Choosing): ContextId {
    const { possible } = choosing;
    for (; this.at < this.blocks.length; this.at++, this.done = 0) {
      const { context, count } = this.blocks[this.at] as Block;
      if (this.done < count && possible.includes(context)) {
        this.done++;
        return context;
      }
    }
    return this.turns.next(choosing);
  }
}

function blocksOf(path: readonly ContextId[]): Block[] {
  const blocks: { context: ContextId; count: number }[] = [];
  for (const context of path) {
    const last = blocks.at(-1);
    if (last?.context === context) last.count++;
    else blocks.push({ context, count: 1 });
  }
  return blocks;
}

export interface Minimised<T> {
  readonly execution: Explored<T>;
  /** No execution with fewer preemptions ends so: all of them were tried. */
  readonly fewest: boolean;
  /** Nor with fewer liberties of the kernel. */
  readonly fewestLiberties: boolean;
}

export interface MinimiseOptions extends ExploreOptions {
  /** How many executions may be run, of 150 steps each; 4500 unless told otherwise. */
  readonly budget?: number;
  /** For how long the exploration went on at most: half of that is left for this. No limit where absent. */
  readonly seconds?: number | undefined;
}

/** The shortest execution that was found to end as `first` does, as `isSame` has it. */
export function* minimise<T>(
  subject: Subject<T>,
  first: Explored<T>,
  isSame: (execution: Explored<T>) => boolean,
  options: MinimiseOptions = {},
): Pausing<Minimised<T>> {
  const search = new Search(subject, first, isSame, options);
  yield* search.shorten();
  const allTried = yield* search.takeFewerLiberties();
  const fewest = yield* search.preemptLess();
  yield* search.shorten();
  const execution = search.best;
  return { execution, fewest, fewestLiberties: allTried || execution.liberties.length === 0 };
}

/** As it was when this was loaded: a program's fake clock may stand in its place. */
const { now } = Date;

class Search<T> {
  best: Explored<T>;
  private readonly subject: Subject<T>;
  private readonly isSame: (execution: Explored<T>) => boolean;
  private readonly options: ExploreOptions;
  private budget: number;
  /** When there is no more time, in ms. */
  private readonly end: number;

  constructor(
    subject: Subject<T>,
    first: Explored<T>,
    isSame: (execution: Explored<T>) => boolean,
    { budget = 4500, seconds = Number.POSITIVE_INFINITY, ...options }: MinimiseOptions,
  ) {
    this.subject = subject;
    this.best = first;
    this.isSame = isSame;
    this.options = options;
    this.budget = budget;
    this.end = now() + 500 * seconds;
  }

  private get left(): number {
    return now() < this.end ? this.budget : 0;
  }

  /** Leaves blocks out and lets blocks run on, as long as that helps. */
  *shorten(): Pausing<void> {
    for (let helped = true; helped && this.left > 0; ) {
      helped = false;
      const blocks = blocksOf(this.best.path);
      for (let i = blocks.length - 1; i >= 0 && !helped; i--) {
        const block = blocks[i] as Block;
        const longer = { ...block, count: Number.POSITIVE_INFINITY };
        helped =
          (yield* this.tryBlocks([...blocks.slice(0, i), ...blocks.slice(i + 1)])) ||
          (yield* this.tryBlocks([...blocks.slice(0, i), longer, ...blocks.slice(i + 1)]));
      }
    }
  }

  private *tryBlocks(blocks: readonly Block[]): Pausing<boolean> {
    if (this.left <= 0) return false;
    const execution = yield* firstOf(this.subject, new Blocks(blocks), this.options);
    if (execution === null) return false;
    this.payFor(execution);
    if (execution.extent === 'redundant') return false;
    if (!this.isSame(execution) || !isShorter(execution, this.best)) return false;
    this.best = execution;
    return true;
  }

  /** Looks for an execution in which the kernel takes fewer liberties; whether all such were tried. */
  takeFewerLiberties(): Pausing<boolean> {
    const kept = this.left / 2;
    const { length } = this.best.liberties;
    return this.tryFewer(length, (most) => this.find(new Dpor(), most, kept));
  }

  /** Looks for an execution with fewer preemptions; whether all that have fewer were tried. */
  preemptLess(): Pausing<boolean> {
    const { liberties, preemptions } = this.best;
    return this.tryFewer(preemptions, (most) => this.find(new Bounded(most), liberties.length, 0));
  }

  private *tryFewer(than: number, find: (most: number) => Pausing<Came>): Pausing<boolean> {
    let allTried = true;
    for (let most = 0; most < than; most++) {
      const came = yield* find(most);
      if (came === 'found') return allTried;
      if (came === 'given up') return false;
      allTried &&= came === 'none';
    }
    return allTried;
  }

  /** Looks for one that ends so, as long as more than `kept` executions are left. */
  private *find(strategy: Strategy, maxLiberties: number, kept: number): Pausing<Came> {
    let came: Came = 'none';
    if (this.left <= kept) return 'given up';
    for (const execution of exploring(this.subject, strategy, { ...this.options, maxLiberties })) {
      if (execution === null) {
        yield null;
        continue;
      }
      this.payFor(execution);
      if (execution.extent !== 'redundant' && this.isSame(execution)) {
        this.best = execution;
        return 'found';
      }
      if (execution.extent === 'long') came = 'perhaps';
      if (this.left <= kept) return 'given up';
    }
    return came;
  }

  /** What is long counts as several, so that the time does not depend on the program. */
  private payFor({ steps }: Explored<T>): void {
    this.budget -= Math.max(1, steps / 150);
  }
}

/** `perhaps`: what was ended by the limit on steps might have ended so, too. */
type Came = 'found' | 'none' | 'perhaps' | 'given up';

const switches = ({ path }: Explored<unknown>): number => blocksOf(path).length;

const isShorter = (a: Explored<unknown>, b: Explored<unknown>): boolean =>
  a.liberties.length !== b.liberties.length
    ? a.liberties.length < b.liberties.length
    : a.preemptions !== b.preemptions
      ? a.preemptions < b.preemptions
      : switches(a) !== switches(b)
        ? switches(a) < switches(b)
        : a.steps < b.steps;
