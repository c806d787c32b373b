/**
 * Who goes on next: the ways to choose one interleaving out of many.
 */
import type { Footprint } from '../kernel/footprint.ts';
import type { hrtimer } from '../kernel/hrtimer.ts';
import type { Execution } from '../kernel/op.ts';
import type { rq } from '../kernel/sched.ts';
import type { StoreBuffer } from '../kernel/store_buffer.ts';
import { inWords } from '../syscalls/found.ts';
import type { LibertiesTaken } from './liberties/index.ts';
import type { Liberty } from './liberty.ts';

/** Something that can take the next step. */
export interface Runnable {
  /** When it became runnable; smaller is longer ago. */
  readonly since: number;
}

/** Chooses among those that can take a step. */
export interface Schedule {
  /**
   * Each task has a CPU to itself, no step is offered that would only wait, and timers may fire at any
   * moment: what a checker chooses from. `choose` then gets every Step that is possible.
   */
  readonly exact?: boolean;
  /** False if timers of an exact schedule wait for their time, as they do without a checker. */
  readonly timers?: boolean;
  /** Executions that only go round in a circle may be ended: there are others. */
  readonly cutsCircles?: boolean;
  /** Where an exact schedule is told what each step touches. */
  readonly footprint?: Footprint | null;
  /** Whether tasks touch variables of their program in common; see CheckOptions.sharedMemory. */
  readonly sharedMemory?: SharedMemory;
  /** `tso`: what a task writes is seen late, see store_buffer.ts; for an exact schedule. */
  readonly memory?: Memory;
  /** What the kernel may do and need not, as steps of an exact schedule; nothing where absent. */
  readonly liberties?: LibertiesTaken | null;
  /** True if a context goes on until it cannot, so that nobody need be asked between. */
  readonly runsOn: boolean;
  /**
   * As in Stepper (kernel/op.ts), which says what `cannotSleep` is; absent where that is never
   * known.
   */
  goesThrough?(cannotSleep: boolean): boolean;
  /** `count`: how many steps the call took, the last ones. */
  wentThrough?(count: number): void;
  /** The same from its start, for a second execution that is to go the same way. */
  again?(): Schedule;
  /** An index into `choices`, which is never empty; -1 ends the run of an exact schedule. */
  choose(choices: readonly Runnable[]): number;
}

/**
 * Do tasks touch the same variables of their program? `false`: none does, so that only calls count;
 * `told`: the program says when (see told.ts); `anytime`: any of them may at any time, so that coming
 * back from a call is a step of its own, as it is with `told` where the program says all; `true`: any of
 * them may behind each of its calls, in one go with the last that the call does in the kernel.
 */
export type SharedMemory = boolean | 'told' | 'anytime';

/** In which order others see what a task writes and reads: as it does so, or as on x86. */
export type Memory = 'sc' | 'tso';

/** What an exact schedule chooses from: a context that goes on, a timer that fires, a store that is seen. */
export interface Step extends Runnable {
  readonly queue: rq | null;
  readonly execution: Execution | null;
  readonly timer: hrtimer | null;
  readonly stores: StoreBuffer | null;
  /** Behind all others; -1 as a choice means none of them, where there are no others. */
  readonly liberty: Liberty | null;
}

/** Each context runs until it sleeps; then it is the turn of whoever waits longest. */
export const inOrder: Schedule = {
  runsOn: true,
  choose(choices) {
    let best = 0;
    for (let i = 1; i < choices.length; i++) {
      if ((choices[i] as Runnable).since < (choices[best] as Runnable).since) best = i;
    }
    return best;
  },
  again: () => inOrder,
};

/** Random numbers that are the same everywhere (mulberry32). */
export class Random {
  private state: number;

  /**
   * @throws TypeError for a seed that is no integer
   */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new TypeError(`seed: expected an integer, found ${inWords(seed)}`);
    }
    this.state = seed | 0;
  }

  /** An integer from 0 up to, not including, `bound`. */
  below(bound: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * bound);
  }
}

/**
 * Any context may take the next step; which one follows from the seed, an integer.
 *
 * @throws TypeError for a seed that is no integer
 */
export function randomSchedule(seed: number): Schedule {
  const random = new Random(seed);
  return {
    runsOn: false,
    choose: (choices) => random.below(choices.length),
    again: () => randomSchedule(seed),
  };
}

/** A schedule does not fit what it is replayed on. */
export class ScheduleMismatch extends Error {
  override readonly name: string = 'ScheduleMismatch';

  /**
   * `line`: which step of the schedule, from 1; `expected`: what it is; `possible`: what could run instead;
   * empty if the execution is over.
   */
  constructor(line: number, expected: string, possible: readonly string[]) {
    const instead =
      possible.length === 0
        ? 'the execution is over before it'
        : `what could run instead: ${possible.join(', ')}`;
    super(`step ${line} of the schedule expects "${expected}"; ${instead}`);
  }
}
