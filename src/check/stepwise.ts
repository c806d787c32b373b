/**
 * One interleaving that somebody chooses step by step: what the lab's scheduler, and whoever steps
 * through a program by hand, lets a machine obey.
 */
import type { KernelChoice } from '../kernel/history.ts';
import { type Runnable, type Schedule, ScheduleMismatch, type Step } from '../sim/schedule.ts';
import { scheduleText } from './schedule_text.ts';
import { contextName, eachOnce, stepText } from './words.ts';

/** A point at which somebody goes on. */
export interface Turn {
  /** What can be done, in the words of a schedule, each once: `t1: lock ep->lock`. */
  readonly possible: readonly string[];
  /** Which of it was done; null if nothing was, as the steps that were given are over. */
  readonly taken: string | null;
}

/** Whether the steps go on by themselves when those that were given are over. */
export interface StepwiseOptions {
  /** `rest`: to the end, whoever ran last first, and timers last (unless told otherwise). `stop`: not at all. */
  readonly then?: 'rest' | 'stop';
}

/**
 * A schedule that takes the given steps, in words, and keeps at each point what else was possible.
 *
 *     const way = new Stepwise(['main: start', 't1: start'], { then: 'stop' });
 *     const machine = new Machine({ schedule: way, cpus: 1 });
 *     machine.spawn(program);
 *     machine.run();
 *     way.turns.at(-1)?.possible; // what t1, or another, can do now
 *
 * `run()` throws a ScheduleMismatch where a step is not possible.
 */
export class Stepwise implements Schedule {
  readonly exact = true;
  readonly runsOn = false;
  readonly sharedMemory = 'anytime';
  /** Every point so far. */
  readonly turns: Turn[] = [];
  private readonly steps: readonly string[];
  private readonly stops: boolean;
  private last = '';

  constructor(steps: readonly string[] = [], { then = 'rest' }: StepwiseOptions = {}) {
    this.steps = steps;
    this.stops = then === 'stop';
  }

  /**
   * As Schedule.choose().
   *
   * @throws ScheduleMismatch where the next step that was given is not possible
   */
  choose(choices: readonly Runnable[]): number {
    const steps = choices as readonly Step[];
    const possible = eachOnce(steps.map(stepText));
    const given = this.steps[this.turns.length];
    const index = given === undefined ? this.ownChoice(steps) : possible.indexOf(given);
    if (given !== undefined && index < 0) {
      throw new ScheduleMismatch(this.turns.length + 1, given, possible);
    }
    this.turns.push({ possible, taken: possible[index] ?? null });
    const step = steps[index];
    if (step !== undefined) this.last = contextName(step);
    return index;
  }

  private ownChoice(steps: readonly Step[]): number {
    if (this.stops) return -1;
    const same = steps.findIndex((step) => step.timer === null && contextName(step) === this.last);
    if (same >= 0) return same;
    return Math.max(
      0,
      steps.findIndex(({ timer }) => timer === null),
    );
  }

  /**
   * The way that was taken as a text, for `play --schedule` and check(). `kernel`, `with`, `without`: what it
   * was taken on; `about`: what it shows, for its head.
   */
  text({ kernel = '', with: added = [], without = [] }: KernelChoice, about = ''): string {
    const header = { memory: 'sc', liberties: null, about } as const;
    const steps = this.turns.flatMap(({ taken }) => (taken === null ? [] : [taken]));
    return scheduleText({ ...header, kernel, with: added, without }, steps);
  }
}
