/**
 * How many executions an exhaustive check takes, found out with a few of them.
 *
 * A probe is a way from the root of the tree of executions to one of its leaves, with a choice at
 * random at each node; the product of the numbers of choices estimates how many leaves there are, and
 * is right on average (Knuth: "Estimating the efficiency of backtrack programs", 1975). Which choices
 * a node has only shows from the races of the executions through it, so a probe is made of several
 * executions: where it leaves the one before, the choices before its own are run once as well, as
 * what they touch decides which choices sleep below. What no probe has come to see at a node is
 * missing, so estimates rather are too low, and the range is wider upwards.
 */
import { type Pausing, withoutPause } from '../sim/pause.ts';
import { Random } from '../sim/schedule.ts';
import { Dpor, type Node } from './dpor.ts';
import { type ExploreOptions, exploring, type Subject } from './explore.ts';
import type { ContextId } from './order.ts';
import type { Choosing } from './strategy.ts';

/** About how many executions there are; nearly always at least `low` and at most `high`. */
export interface Estimate {
  /** The likeliest number of executions. */
  readonly executions: number;
  /** The lower end of the range, in executions. */
  readonly low: number;
  /** The upper end of the range, in executions. */
  readonly high: number;
}

/** A node on the way of a probe. */
interface Passed {
  readonly wanted: Set<ContextId>;
  /** Explored from before. */
  readonly slept: ReadonlySet<ContextId>;
}

/** What probes have come to see at a node, and below it. */
class Seen {
  wanted: Set<ContextId> | null = null;
  private readonly below: Map<ContextId, Seen> = new Map();

  /** The node that the choice leads to. */
  behind(chosen: ContextId): Seen {
    let next = this.below.get(chosen);
    if (next === undefined) this.below.set(chosen, (next = new Seen()));
    return next;
  }
}

/** Goes down from the root to a leaf. */
class Probe extends Dpor {
  private readonly random: Random;
  /** What is known of the nodes on the way. */
  private readonly seen: Seen[];
  /** Whose choices are made. */
  private depth = 0;
  /** What is to be run from there, the last one to go on with. */
  private readonly queue: ContextId[] = [];
  private cut = false;
  private readonly passed: Passed[] = [];

  constructor(random: Random, seen: Seen) {
    super();
    this.random = random;
    this.seen = [seen];
  }

  override begin(): boolean {
    if (this.fresh) {
      this.fresh = false;
      return true;
    }
    for (; this.depth < this.path.length; this.depth++) {
      const node = this.path[this.depth] as Node;
      if (this.queue.length === 0) this.pick(node);
      const next = this.queue.shift();
      if (next === undefined) continue;
      this.close(node, this.touches[this.depth]);
      this.turn(this.depth, next);
      this.path.length = this.depth + 1;
      this.cut = false;
      if (this.queue.length === 0) this.depth++;
      return true;
    }
    return false;
  }

  private pick({ asleep, chosen, wanted }: Node): void {
    const others = [...wanted].filter((one) => one !== chosen && !asleep.has(one));
    this.queue.push(...others.slice(0, this.random.below(others.length + 1)));
  }

  override choose(choosing: Choosing): ContextId | null {
    const { at } = this;
    const isNew = at >= this.path.length;
    const context = super.choose(choosing);
    if (context === null) this.cut = true;
    else if (isNew) this.recall(at);
    return context;
  }

  /** Everybody who comes to a node adds to the same set. */
  private recall(at: number): void {
    const node = this.path[at] as Node;
    if (at > 0) {
      const { chosen } = this.path[at - 1] as Node;
      this.seen[at] = (this.seen[at - 1] as Seen).behind(chosen);
    }
    const seen = this.seen[at] as Seen;
    if (seen.wanted === null) seen.wanted = node.wanted;
    else node.wanted = seen.wanted.add(node.chosen);
    this.passed[at] = { wanted: node.wanted, slept: new Set(node.asleep.keys()) };
  }

  /** The way to the leaf; null if that only repeats another one. */
  get way(): readonly Passed[] | null {
    return this.cut ? null : this.passed.slice(0, this.path.length);
  }
}

/** How many probes there are at most, and how many at least before time matters. */
const most = 200;
const least = 4;

/** So many times the time that there is, and it is given up. */
const patience = 10;

/**
 * Takes probes until `spent` is 1, which says how much of the time that there is was taken; the same
 * ones each time. Null where a few of them take far too long.
 */
export const estimate = <T>(
  subject: Subject<T>,
  options: ExploreOptions,
  spent: () => number,
): Estimate | null => withoutPause(estimating(subject, options, spent));

/** As estimate(), with pauses. */
export function* estimating<T>(
  subject: Subject<T>,
  options: ExploreOptions,
  spent: () => number,
): Pausing<Estimate | null> {
  const random = new Random(1);
  const seen = new Seen();
  const ways: (readonly Passed[] | null)[] = [];
  while (ways.length < most && (ways.length < least || spent() < 1)) {
    const probe = new Probe(random, seen);
    for (const leaf of exploring(subject, probe, options)) {
      if (leaf === null) yield null;
      else if (ways.length < least && spent() > patience) return null;
    }
    ways.push(probe.way);
  }
  return estimateOf(ways.map(leavesOf));
}

/** How many leaves there are if all are like this one. */
function leavesOf(way: readonly Passed[] | null): number {
  let leaves = way === null ? 0 : 1;
  for (const { slept, wanted } of way ?? []) {
    let branches = 0;
    for (const one of wanted) if (!slept.has(one)) branches++;
    leaves *= branches;
  }
  return leaves;
}

/**
 * The mean of the probes, and how far off it may be: by chance, and by what they have not seen of the
 * tree, which is more the larger it is and the fewer they are. The exponents are measured, on
 * programs whose number is known.
 */
function estimateOf(samples: readonly number[]): Estimate {
  const count = samples.length;
  const mean = Math.max(1, samples.reduce((sum, one) => sum + one, 0) / count);
  const variance = samples.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (count - 1);
  const spread = Math.exp(1.5 * Math.sqrt(Math.log1p(variance / mean ** 2) / count));
  const unseen = Math.min(1, 6 / Math.sqrt(count));
  const low = mean ** (1 - 0.17 * unseen) / spread;
  return { executions: mean ** 1.04, low, high: mean ** (1.1 + 0.2 * unseen) * spread };
}

/**
 * What an estimate has become when `done` executions are done, which are this share of all that is
 * known of: some may not be known of yet, so that the share says little before the end.
 */
export function refined(sampled: Estimate, done: number, share: number): Estimate {
  const seen = Math.log(Math.max(1, done) / Math.max(share, 1e-9));
  const mixed = (number: number, least: number): number => {
    const mean = 0.2 + 0.8 * (1 - share);
    const log = mean * Math.log(number) + (1 - mean) * seen;
    return Math.round(Math.max(done + 1, least * done, Math.exp(log)));
  };
  const { executions, high, low } = sampled;
  return { executions: mixed(executions, 1.1), low: mixed(low, 1), high: mixed(high, 1.5) };
}

/** "about 20,000 executions, between 5,000 and 80,000". */
export const estimateText = ({ executions, high, low }: Estimate): string =>
  `about ${rounded(executions)} executions, between ${rounded(low)} and ${rounded(high)}`;

/** Two digits are enough for what is not known better. */
function rounded(number: number): string {
  const scale = 10 ** Math.max(0, Math.floor(Math.log10(number)) - 1);
  return (Math.round(number / scale) * scale).toLocaleString('en-US');
}
