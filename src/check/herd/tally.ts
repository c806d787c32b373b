/** What the executions of an arrangement came to together. */
import type { Counts } from './measure.ts';

/** What one waiter was woken for. */
export interface Waiter {
  /** Its name. */
  readonly task: string;
  /** How often it was woken. */
  readonly wakeups: number;
  /** Wakeups for which it found nothing, or nothing was left. */
  readonly wasted: number;
  /** Events that it was told of. */
  readonly told: number;
  /** Of all that was told, from 0 to 1. */
  readonly share: number;
}

/** The least, the most, and the mean over all events, of what executions came to. */
export interface Spread {
  /** The mean over all events. */
  readonly mean: number;
  /** The least of an execution. */
  readonly least: number;
  /** The most of an execution. */
  readonly most: number;
}

/** Steps of the machine. */
export interface Delay {
  /** The shortest, in steps. */
  readonly least: number;
  /** As many are shorter as are longer, in steps. */
  readonly median: number;
  /** The longest, in steps. */
  readonly most: number;
}

/** Counts over all executions of an arrangement. */
export interface HerdCounts {
  /** Things that happened which somebody waited for. */
  readonly events: number;
  /** Events that nobody was told of. */
  readonly untold: number;
  /** How often a waiter was woken. */
  readonly wakeups: number;
  /** Wakeups for which nothing was found, or nothing was left. */
  readonly wasted: number;
  /** Events that were told; more than there were, where several are told of one. */
  readonly told: number;
  /** Null where there was no event. */
  readonly wakeupsAnEvent: Spread | null;
  /** From an event to the first time that somebody was told of it; null if nobody ever was. */
  readonly delay: Delay | null;
  /** The same for each waiter, by name. */
  readonly waiters: readonly Waiter[];
  /**
   * Jain's index of what the waiters were told: 1 where all were told of the same number, 1/n where
   * one of n was told of everything. Null where nobody was told of anything.
   */
  readonly fairness: number | null;
}

export class HerdTally {
  private events = 0;
  private untold = 0;
  private least = Number.POSITIVE_INFINITY;
  private most = 0;
  private readonly delays: Map<number, number> = new Map();
  private readonly waiters: Map<string, { wakeups: number; wasted: number; told: number }> =
    new Map();

  add({ delays, events, untold, wasted, waiters }: Counts): void {
    this.events += events;
    this.untold += untold;
    let wakeups = 0;
    for (const [task, count] of waiters) {
      const waiter = this.waiter(task);
      waiter.wakeups += count.wakeups;
      waiter.told += count.told;
      wakeups += count.wakeups;
    }
    for (const task of wasted) this.waiter(task).wasted++;
    for (const delay of delays) this.delays.set(delay, (this.delays.get(delay) ?? 0) + 1);
    if (events === 0) return;
    this.least = Math.min(this.least, wakeups / events);
    this.most = Math.max(this.most, wakeups / events);
  }

  private waiter(task: string): { wakeups: number; wasted: number; told: number } {
    let waiter = this.waiters.get(task);
    if (waiter === undefined) {
      waiter = { wakeups: 0, wasted: 0, told: 0 };
      this.waiters.set(task, waiter);
    }
    return waiter;
  }

  result(): HerdCounts {
    const { events, least, most, untold } = this;
    const counts = [...this.waiters.values()];
    const sum = (of: 'wakeups' | 'wasted' | 'told'): number =>
      counts.reduce((total, count) => total + count[of], 0);
    const [told, wakeups] = [sum('told'), sum('wakeups')];
    return {
      events,
      untold,
      wakeups,
      wasted: sum('wasted'),
      told,
      wakeupsAnEvent: events === 0 ? null : { mean: wakeups / events, least, most },
      delay: this.delay(),
      waiters: [...this.waiters]
        .map(([task, count]) => ({ task, ...count, share: told === 0 ? 0 : count.told / told }))
        .sort((a, b) => (a.task < b.task ? -1 : 1)),
      fairness: fairnessOf(counts.map((count) => count.told)),
    };
  }

  private delay(): Delay | null {
    const sorted = [...this.delays].sort(([a], [b]) => a - b);
    const [first] = sorted;
    const last = sorted.at(-1);
    if (first === undefined || last === undefined) return null;
    let left = sorted.reduce((sum, [, count]) => sum + count, 0) / 2;
    const [median] = sorted.find(([, count]) => (left -= count) <= 0) ?? last;
    return { least: first[0], median, most: last[0] };
  }
}

/** Jain, Chiu, Hawe: "A quantitative measure of fairness", 1984. */
export function fairnessOf(shares: readonly number[]): number | null {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? null : (sum * sum) / (shares.length * squares);
}
