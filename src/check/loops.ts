/** Which threads of one execution only go round, and since when nothing else has happened. */
import type { task_struct } from '../kernel/sched.ts';
import type { ContextId } from './order.ts';
import type { Rounds } from './rounds.ts';
import type { Spinning } from './spinning.ts';

/** Somebody who can take the next step; the task is null for interrupts, timers and stores. */
interface Taker {
  readonly context: ContextId;
  readonly task: task_struct | null;
  /** Of a timer, the name of the task that has started it; null for all others. */
  readonly starter: string | null;
}

/** A place in an execution. */
interface Place {
  readonly steps: number;
  readonly preemptions: number;
}

type RoundsOf = ReadonlyMap<task_struct, Rounds>;

export class Loops {
  /** When a call last came back with something new. */
  news: Place = { steps: 0, preemptions: 0 };
  private readonly spinning: Spinning;
  /** Who waits until nobody else can go on. */
  private readonly held: Set<ContextId> = new Set();
  /** When each context that can go on last did so, or could not. */
  private readonly active: Map<ContextId, number> = new Map();
  private readonly calls: Map<task_struct, number> = new Map();
  /** How many each had made when there last was something new. */
  private callsBefore: Map<task_struct, number> | null = null;
  /** Who has gone round for long since the last news. */
  private spinner: task_struct | null = null;

  constructor(spinning: Spinning) {
    this.spinning = spinning;
  }

  goesOn(context: ContextId, steps: number): void {
    this.active.set(context, steps);
  }

  /** The task has taken a step, which may have ended a call. */
  noteCall(task: task_struct, rounds: RoundsOf, now: Place): void {
    const made = rounds.get(task);
    if (made === undefined || made.calls === this.calls.get(task)) return;
    if (this.calls.size === 0) this.noteNews(now, rounds); // Nobody has asked until now.
    this.calls.set(task, made.calls);
    if (made.repeated < 2) {
      this.noteNews(now, rounds);
      this.spinner = null;
    } else if (made.repeated >= this.spinning.rounds) this.spinner = task;
  }

  /** Somebody who goes round for ever, if all do who can go on, and have done so since the last news. */
  settled(takers: readonly Taker[], rounds: RoundsOf): task_struct | null {
    if (this.spinner === null) return null;
    const goRound = (task: task_struct): boolean => this.goesRound(task, rounds.get(task));
    const all = takers.every(({ context, starter, task }) => {
      if ((this.active.get(context) ?? 0) <= this.news.steps) return false;
      if (task !== null) return goRound(task);
      // Whoever sleeps for the first time has not gone round: the timer is still to fire.
      return [...rounds.keys()].some((one) => one.comm === starter && goRound(one));
    });
    return all ? this.spinner : null;
  }

  private goesRound(task: task_struct, made: Rounds | undefined): boolean {
    if (made === undefined || made.repeated < this.spinning.rounds) return false;
    return made.calls - (this.callsBefore?.get(task) ?? 0) >= this.spinning.rounds;
  }

  private noteNews(now: Place, rounds: RoundsOf): void {
    this.news = now;
    this.callsBefore ??= new Map();
    for (const [task, { calls }] of rounds) this.callsBefore.set(task, calls);
  }

  /** Those that wait for others; null if the execution is to begin anew when more is known of them. */
  waiting(
    takers: readonly Taker[],
    rounds: RoundsOf,
    path: readonly ContextId[],
  ): ReadonlySet<ContextId> | null {
    for (const { context, task } of takers) {
      const made = task === null || this.held.has(context) ? undefined : rounds.get(task);
      if (task === null || made === undefined) continue;
      const waits = this.spinning.waits(task, made, path);
      if (waits === null) return null;
      if (waits) this.held.add(context);
    }
    return this.held;
  }
}
