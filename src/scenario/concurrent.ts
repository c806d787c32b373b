/**
 * Plays a concurrent scenario once: `steps` in lockstep, then the threads run freely against each
 * other as a course of the checker says, then `after` in lockstep again.
 *
 * Only what happens freely is recorded and chosen: in `steps` and `after` time passes by itself, and
 * there is a choice only where threads that were blocked are woken and race with one another.
 */

import { observed } from '../check/detectors/index.ts';
import type { Course } from '../check/execution.ts';
import type { Subject, Trial } from '../check/explore.ts';
import { current } from '../kernel/current.ts';
import type { Footprint } from '../kernel/footprint.ts';
import type { Kernel } from '../kernel/op.ts';
import type { task_struct } from '../kernel/sched.ts';
import { GoesRound } from '../kernel/steps.ts';
import type { Machine, MachineOptions } from '../sim/machine.ts';
import type { Step as Choice, Memory, Runnable, Schedule } from '../sim/schedule.ts';
import { blockedInSteps, ScenarioError } from './errors.ts';
import { performStep } from './perform.ts';
import { Player, type SysMaker, type Thread } from './play.ts';
import type { Scenario, Step } from './scenario.ts';
import { type CallResult, outcomeText, type ThreadResults } from './transcript.ts';

/** What one execution came to: an outcome as text, or what is wrong with the scenario. */
export type Played =
  | { readonly text: string; readonly error: null }
  | { readonly text: null; readonly error: ScenarioError };

/** A concurrent scenario as something to explore. */
export const concurrentSubject =
  (scenario: Scenario, options: MachineOptions = {}): Subject<Played> =>
  (course) =>
    new ConcurrentPlayer(scenario, options, course);

/** So many timers in a row that wake nobody are taken to go on for ever. */
const patience = 4;

/**
 * The schedule of what runs freely. Where every thread is through and only timers are left, it ends
 * before one of them or after it: nobody waits.
 */
class Free implements Schedule {
  readonly exact = true;
  readonly runsOn = false;
  readonly sharedMemory = false;
  readonly footprint: Footprint | null;
  readonly cutsCircles: boolean;
  readonly memory: Memory;
  private readonly course: Course;
  private readonly isOver: () => boolean;
  private wakeups = -1;
  /** How many timers have fired with nothing else to do, and woken nobody. */
  private inVain = 0;

  constructor(course: Course, isOver: () => boolean) {
    this.course = course;
    this.footprint = course.footprint;
    this.cutsCircles = course.cutsCircles;
    this.memory = course.memory;
    this.isOver = isOver;
  }

  choose(choices: readonly Runnable[]): number {
    if (!choices.every((choice) => (choice as Choice).timer !== null)) {
      return chosenBy(this.course, choices);
    }
    const { wakeups } = current.kernel;
    this.inVain = wakeups === this.wakeups ? this.inVain + 1 : 0;
    this.wakeups = wakeups;
    if (this.inVain > patience) return -1;
    if (!this.isOver()) return chosenBy(this.course, choices);
    return chosenBy(this.course, choices, true);
  }

  goesThrough(cannotSleep: boolean): boolean {
    return this.course.goesThrough(cannotSleep);
  }

  wentThrough(count: number): void {
    this.course.wentThrough(count);
  }
}

/** The schedule of `after`: timers wait for their time. */
class Settling implements Schedule {
  readonly exact = true;
  readonly runsOn = false;
  readonly timers = false;
  readonly footprint: Footprint | null;
  readonly cutsCircles: boolean;
  private readonly course: Course;

  constructor(course: Course) {
    this.course = course;
    this.footprint = course.footprint;
    this.cutsCircles = course.cutsCircles;
  }

  choose(choices: readonly Runnable[]): number {
    return chosenBy(this.course, choices);
  }
}

/** Ends what the course sees no use in going on with. */
function chosenBy(course: Course, choices: readonly Runnable[], mayEnd = false): number {
  const index = mayEnd ? course.chooseOrEnd(choices) : course.choose(choices);
  if (course.cut) throw new GoesRound('the course');
  return index;
}

/** One execution of a concurrent scenario, before it is run. */
export class ConcurrentPlayer implements Trial<Played> {
  readonly machine: Machine;
  private readonly scenario: Scenario;
  private readonly course: Course;
  private readonly player: Player;

  constructor(scenario: Scenario, options: MachineOptions, course: Course, sysOf?: SysMaker) {
    this.scenario = scenario;
    this.course = course;
    this.player = new Player(scenario, options, {}, sysOf);
    this.machine = observed(this.player.machine);
  }

  run(): Played {
    try {
      return { text: this.play(), error: null };
    } catch (error) {
      if (error instanceof ScenarioError) return { text: null, error };
      throw error;
    }
  }

  private play(): string {
    const { threads, steps } = this.scenario;
    for (const step of steps) this.player.issue(step);
    this.checkIdle();
    const results = this.runFreely();
    return outcomeText(threads, results, this.playAfter());
  }

  /** The threads that there are by now. */
  get tasks(): task_struct[] {
    return this.player.running().map(({ task }) => task);
  }

  /** Those whose call has not returned. */
  get blocked(): string[] {
    const busy = this.player.running().filter(({ hasEnded, step }) => step !== null && !hasEnded);
    return busy.map(({ name }) => name);
  }

  private isBusy(thread: number): boolean {
    const { step, hasEnded } = this.player.thread(thread);
    return step !== null && !hasEnded;
  }

  private checkIdle(): void {
    const blocked = this.scenario.threads.find((_, thread) => this.isBusy(thread));
    if (blocked !== undefined) throw blockedInSteps(blocked);
  }

  private runFreely(): ThreadResults[] {
    const { concurrent } = this.scenario;
    const { machine, player } = this;
    const isIdle = (_: unknown, thread: number): boolean => !this.isBusy(thread);
    machine.obey(new Free(this.course, () => concurrent.every(isIdle)));
    const results = concurrent.map((): CallResult[] => []);
    for (const [i, steps] of concurrent.entries()) {
      const thread = player.thread(i);
      const [first = null] = steps;
      thread.step = first;
      if (first === null) continue;
      machine.start(thread.task, first.call, this.callsOf(thread, steps, results[i] ?? []));
    }
    machine.settle();
    return results.map((one, i) => (this.isBusy(i) ? [...one, 'blocked'] : one));
  }

  /** What a thread does by itself. */
  private *callsOf(thread: Thread, steps: readonly Step[], results: CallResult[]): Kernel<void> {
    for (const step of steps) {
      thread.step = step;
      const outcome = yield* performStep(step, thread);
      results.push(this.player.finish(thread, step, outcome));
    }
  }

  private playAfter(): ThreadResults {
    const { course, machine, player } = this;
    machine.obey(new Settling(course));
    course.rest();
    const { threads, after } = this.scenario;
    const free = threads.map((_, thread) => !this.isBusy(thread));
    for (const [thread, isFree] of free.entries()) {
      if (!isFree) continue;
      player.deliver(player.thread(thread));
    }
    const results: (CallResult | 'blocked')[] = [];
    for (const step of after) {
      if (!free[step.thread] || this.isBusy(step.thread)) continue;
      course.rest();
      results.push(player.playOut(step));
    }
    return results;
  }
}
