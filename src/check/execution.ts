/**
 * One execution: a schedule for the machine that asks a strategy who goes on, and tells it what each
 * step touched.
 */
import { current } from '../kernel/current.ts';
import { isLock } from '../kernel/execute.ts';
import {
  Changes,
  Footprint,
  Looks,
  Shares,
  Takes,
  type Touch,
  touchOf,
} from '../kernel/footprint.ts';
import type { Globals } from '../kernel/globals.ts';
import { held_lock } from '../kernel/lockdep.ts';
import type { Execution, Named, Op } from '../kernel/op.ts';
import type { task_struct } from '../kernel/sched.ts';
import { fromMaking } from '../kernel/user_mode.ts';
import type { LibertiesTaken } from '../sim/liberties/index.ts';
import { type Liberty, libertyKinds } from '../sim/liberty.ts';
import type { Memory, Runnable, Schedule, SharedMemory, Step } from '../sim/schedule.ts';
import { observationsIn } from './detectors/observations.ts';
import { Everybody } from './in_turn.ts';
import { Loops } from './loops.ts';
import { type ContextId, ending, libertyContext } from './order.ts';
import { NothingChanges } from './rounds.ts';
import type { Spinning } from './spinning.ts';
import { type Choosing, type Strategy, wantsTouches } from './strategy.ts';
import { stepText } from './words.ts';

export class Course implements Schedule, Choosing {
  readonly exact = true;
  readonly runsOn = false;
  readonly cutsCircles: boolean;
  readonly sharedMemory: SharedMemory;
  readonly memory: Memory;
  /** How many steps were taken, and how many times somebody else went on who need not have. */
  steps = 0;
  preemptions = 0;
  /** Who took each step. */
  readonly path: ContextId[] = [];
  /** What the kernel did and need not have done. */
  taken: readonly Liberty[] = noLiberties;
  readonly liberties: LibertiesTaken | null;
  /** The strategy saw no use in going on. */
  cut = false;

  // What the strategy chooses from:
  possible: readonly ContextId[] = [];
  preferred: ContextId = 0;
  goesOn = false;
  free = 0;

  private strategy: Strategy;
  /** Null if the strategy does not ask what steps touch. */
  private readonly recorder: Footprint | null;
  /** How many first steps it knows. */
  private readonly known: number;
  /** Null where no thread goes round. */
  private readonly loops: Loops | null;
  private interrupts: Map<Execution, ContextId> | null = null;
  /** The steps that can be taken, and who would take each. */
  private choices: readonly Step[] = [];
  private able: readonly ContextId[] = [];
  /** Who could not take the step before, and which step made that possible. */
  private readonly enablers: Map<ContextId, number> = new Map();
  /** By timer, the step that made it possible. */
  private startedAt: Map<ContextId, number> | null = null;
  /** The liberties that could be taken now; null where there never was one. */
  private offered: Map<ContextId, Liberty> | null = null;
  private clock = 0;
  private last: ContextId = 0;
  /** As `last`, but for liberties: who goes on behind them. */
  private resumed: ContextId = 0;

  // The step under way:
  private task: task_struct | null = null;
  private op: Op | null = null;
  private state = 0;
  private nesting = 0;
  /** The first `depth` of them are what it held. */
  private readonly held: held_lock[] = [];
  private depth = 0;

  /** `spinning`: null where nobody goes round. `liberties`: null where the kernel takes none. */
  constructor(
    strategy: Strategy,
    sharedMemory: SharedMemory,
    memory: Memory = 'sc',
    spinning: Spinning | null = null,
    liberties: LibertiesTaken | null = null,
  ) {
    this.memory = memory;
    this.liberties = liberties;
    this.loops = spinning === null ? null : new Loops(spinning);
    this.strategy = strategy;
    this.recorder = wantsTouches(strategy) ? new Footprint() : null;
    this.known = strategy.known ?? 0;
    this.cutsCircles = strategy.isExhaustive === true;
    this.sharedMemory = sharedMemory;
  }

  /** Where the running step tells what it touches; null while that is known. */
  get footprint(): Footprint | null {
    return this.steps < this.known ? null : this.recorder;
  }

  choose(choices: readonly Runnable[]): number {
    return this.chooseStep(choices as readonly Step[], false);
  }

  /** As choose(), where nothing is left to do but to wait for timers: -1 also for not waiting. */
  chooseOrEnd(choices: readonly Runnable[]): number {
    return this.chooseStep(choices as readonly Step[], true);
  }

  private chooseStep(choices: readonly Step[], mayEnd: boolean): number {
    this.endStep();
    this.clock = current.kernel.clock;
    this.choices = choices;
    this.noteAble(choices);
    if (!this.listPossible(choices, mayEnd)) return this.stop();
    const context = this.strategy.choose(this);
    const place = context === null ? -1 : this.able.indexOf(context);
    if (context === null || (place < 0 && context !== ending)) {
      this.cut = true;
      return this.stop();
    }
    const step = choices[place] ?? null;
    this.path.push(context);
    if (this.loops !== null) this.loops.goesOn(context, this.path.length);
    if (step !== null && step.liberty !== null) this.taken = [...this.taken, step.liberty];
    else {
      if (context !== this.resumed && this.goesOn) this.preemptions++;
      this.resumed = context;
    }
    this.last = context;
    if (this.footprint !== null) this.beginStep(step);
    else this.task = step === null || step.queue === null ? null : step.queue.curr;
    return place;
  }

  /** What the strategy chooses from; false if nothing is of any use. */
  private listPossible(steps: readonly Step[], mayEnd: boolean): boolean {
    let free = 0;
    while (free < steps.length && steps[steps.length - 1 - free]?.liberty != null) free++;
    const ofUse = this.ofUseWithout(free, steps);
    if (ofUse.length === 0 && free < steps.length) return false;
    const ends = mayEnd || free === steps.length;
    const needed = ends ? [ending, ...ofUse] : ofUse;
    this.free = free;
    this.possible = free === 0 ? needed : [...needed, ...this.able.slice(-free)];
    this.goesOn = needed.includes(this.resumed);
    this.preferred = this.goesOn ? this.resumed : (needed[0] as ContextId);
    if (this.goesOn && this.changesNothing(this.stepOf(this.resumed))) {
      this.possible = [this.resumed];
      this.free = 0;
    }
    return true;
  }

  /** Is it all the same who takes a step before this one? */
  private changesNothing(step: Step | null): boolean {
    return this.sharedMemory === false && step?.execution?.op === fromMaking;
  }

  /** As ofUse(), of all but the last `free`. */
  private ofUseWithout(free: number, steps: readonly Step[]): readonly ContextId[] {
    const { able } = this;
    if (free === 0) return this.ofUse(steps, able);
    if (free === steps.length) return noContexts;
    return this.ofUse(steps.slice(0, -free), able.slice(0, -free));
  }

  goesThrough(cannotSleep: boolean): boolean {
    const { strategy } = this;
    if (strategy.goesThrough === undefined) return false;
    return observationsIn(current.kernel)?.repeats !== true && strategy.goesThrough(cannotSleep);
  }

  wentThrough(count: number): void {
    this.strategy.wentThrough?.(count);
  }

  private stop(): number {
    this.last = 0;
    return -1;
  }

  describe(context: ContextId): string {
    return stepText(this.stepOf(context));
  }

  targetOf(context: ContextId): number {
    return this.stepOf(context)?.execution?.op?.target.identity ?? 0;
  }

  private stepOf(context: ContextId): Step | null {
    return this.choices[this.able.indexOf(context)] ?? null;
  }

  /**
   * Those that have not to wait for others as they only go round; everybody if all have to, and from
   * then on. Nobody if the execution is to begin anew.
   */
  private ofUse(steps: readonly Step[], able: readonly ContextId[]): readonly ContextId[] {
    const { loops, path, preemptions, task } = this;
    const observations = observationsIn(current.kernel);
    if (loops === null || observations === null || !observations.repeats) return able;
    const { rounds } = observations;
    if (task !== null) loops.noteCall(task, rounds, { steps: path.length, preemptions });
    const takers = steps.map((step, i) => ({
      context: able[i] as ContextId,
      task: taskOf(step),
      starter: step.timer === null ? null : step.timer.starter,
    }));
    const spinner = loops.settled(takers, rounds);
    if (spinner !== null) {
      path.length = loops.news.steps; // From there on nobody does anything but go round.
      this.steps = path.length;
      this.preemptions = loops.news.preemptions;
      throw new NothingChanges(spinner);
    }
    if (this.strategy.again === undefined) return able;
    const waiting = loops.waiting(takers, rounds, path);
    if (waiting === null) return [];
    const free = able.filter((context) => !waiting.has(context));
    if (free.length > 0) return free;
    this.tellOfLocks(current.kernel);
    this.strategy = new Everybody();
    return able;
  }

  private contextOf({ queue, execution, liberty, timer, stores }: Step): ContextId {
    if (liberty !== null) return contextOfLiberty(liberty);
    if (timer !== null) return -timer.order;
    if (stores !== null) return stores.identity;
    if (queue === null || execution === null) throw new Error('a step of nobody');
    return queue.irq === execution ? this.interruptOf(execution) : queue.curr.identity;
  }

  /** An interrupt is its timer's, from the step in which that fires. */
  private interruptOf(execution: Execution): ContextId {
    this.interrupts ??= new Map();
    let context = this.interrupts.get(execution);
    if (context === undefined) {
      context = this.last < 0 ? this.last : background;
      this.interrupts.set(execution, context);
    }
    return context;
  }

  /** Who can take the next step, and since when. */
  private noteAble(choices: readonly Step[]): void {
    const { enablers, steps } = this;
    const before = this.able;
    let same = before.length === choices.length;
    for (let i = 0; same && i < choices.length; i++) {
      same = this.contextOf(choices[i] as Step) === before[i];
    }
    const able = same ? before : choices.map((choice) => this.contextOf(choice));
    this.able = able;
    if (this.liberties !== null) this.noteOffers(choices);
    if (same) return;
    for (const context of before) if (!able.includes(context)) this.noteTakenBack(context);
    for (const context of enablers.keys()) if (!able.includes(context)) enablers.delete(context);
    if (steps === 0) return;
    for (const context of able) if (!before.includes(context)) this.noteEnabled(context);
  }

  /** The last step has made it possible for the context to go on. */
  private noteEnabled(context: ContextId): void {
    const by = this.steps - 1;
    if (this.loops !== null) this.loops.goesOn(context, this.steps);
    this.enablers.set(context, by);
    if (context < 0) (this.startedAt ??= new Map()).set(context, by);
  }

  /** A timer that has not fired could have, before it was taken back; so could a liberty. */
  private noteTakenBack(context: ContextId): void {
    if (context >= 0 || context === this.last) return;
    const offered = this.offered?.get(context);
    if (offered !== undefined) {
      this.offered?.delete(context);
      this.couldHaveBeen(context, offered);
      return;
    }
    const touch = touchOf(this.clock, Changes);
    this.strategy.waits?.(context, touch, this.startedAt?.get(context) ?? null);
  }

  /** What liberties would touch may have changed, where the same can be taken as before. */
  private noteOffers(choices: readonly Step[]): void {
    this.offered ??= new Map();
    for (let i = 0; i < choices.length; i++) {
      const { liberty } = choices[i] as Step;
      if (liberty !== null) this.offered.set(this.able[i] as ContextId, liberty);
    }
  }

  /** A liberty was not taken while it could be: before what concerns it, or another one, happened. */
  private couldHaveBeen(context: ContextId, { touches }: Liberty): void {
    const enabler = this.startedAt?.get(context) ?? null;
    for (const touch of touches) this.strategy.waits?.(context, touch, enabler);
    if (this.liberties === null) return;
    this.strategy.waits?.(context, touchOf(this.liberties.identity, Changes), enabler);
  }

  /** Keeps what is to be compared with at the end of the step; null where no timer fires any more. */
  private beginStep(step: Step | null): void {
    this.depth = 0;
    this.op = null;
    this.task = null;
    if (step === null) {
      this.footprint?.add(this.clock, Changes); // Which no timer can miss.
      if (this.liberties !== null) this.footprint?.add(this.liberties.identity, Changes);
      return;
    }
    const task = step.queue === null ? null : step.queue.curr;
    this.task = task;
    this.op = step.execution === null ? null : step.execution.op;
    if (task === null) return;
    this.state = task.__state;
    this.nesting = task.rcu_read_lock_nesting;
    for (let i = 0; i < task.lockdep_depth; i++) this.keepHeld(task.held_locks[i] as held_lock);
  }

  private keepHeld({ instance, read }: held_lock): void {
    const kept = (this.held[this.depth++] ??= new held_lock(instance));
    kept.instance = instance;
    kept.read = read;
  }

  /** Tells the strategy of the step that has just been taken. */
  private endStep(): void {
    if (this.last === 0) return;
    const { footprint, last, enablers } = this;
    this.steps++;
    if (footprint !== null) this.tellOf(footprint);
    else if (this.recorder !== null) {
      this.strategy.taken?.(last, noTouches, null);
      if (this.steps === this.known) current.kernel.footprint = this.recorder;
    }
    if (enablers.size > 0) enablers.delete(last);
  }

  private tellOf(footprint: Footprint): void {
    const { last, op, task } = this;
    if (op !== null) this.touchByOp(op);
    for (let i = 0; i < this.depth; i++) {
      const { instance, read } = this.held[i] as held_lock;
      this.touchCovered(instance, read);
    }
    if (task !== null) {
      if (task.__state !== this.state) footprint.add(task.identity, Changes);
      if (this.nesting > 0 || task.rcu_read_lock_nesting > 0) {
        footprint.add(task.kernel.rcu.identity, Looks);
      }
    }
    // Whoever waits for a lock could have had it before, too: what made it free orders nothing more.
    const enabler = op !== null && isLock(op) ? null : (this.enablers.get(last) ?? null);
    this.strategy.taken?.(last, footprint.take(), enabler);
  }

  private touchByOp(op: Op): void {
    const { recorder: footprint, task } = this;
    if (footprint === null) return;
    const { identity } = op.target;
    switch (op.verb) {
      case 'spin_lock':
      case 'mutex_lock':
      case 'write_lock':
        footprint.add(identity, Takes);
        this.touchCovered(op.target, false);
        return;
      case 'read_lock':
        footprint.add(identity, Shares);
        this.touchCovered(op.target, true);
        return;
      case 'schedule':
        footprint.add(identity, Changes);
        if (task !== null) footprint.add(task.signalsIdentity, Looks);
        return;
      case 'synchronize_rcu':
        footprint.add(identity, Changes);
        return;
      default:
        footprint.add(identity, Looks);
    }
  }

  private touchCovered({ covers, identity }: Named, read: boolean): void {
    const { recorder: footprint } = this;
    if (!covers || footprint === null) return;
    const looks = read || identity === footprint.looking;
    footprint.add(covers.identity, looks ? Looks : Changes);
  }

  /** Nothing can go on but by what comes from outside: all that was done comes before it. */
  rest(): void {
    this.endStep();
    for (const context of this.able) this.noteTakenBack(context);
    this.last = 0;
    this.able = [];
    this.enablers.clear();
    this.strategy.rests?.();
  }

  /** The machine has come to its end, or was stopped by an error. */
  end(kernel: Globals): void {
    this.endStep();
    for (const context of this.offered?.keys() ?? noContexts) this.noteTakenBack(context);
    this.tellOfLocks(kernel);
  }

  /** Nobody takes the locks any more that tasks wait for. */
  private tellOfLocks(kernel: Globals): void {
    for (const { curr, idle } of kernel.runqueues) {
      const op = curr.execution?.op ?? null;
      if (curr === idle || op === null || !isLock(op)) continue;
      const how = op.verb === 'read_lock' ? Shares : Takes;
      this.strategy.waits?.(curr.identity, touchOf(op.target.identity, how), null);
    }
  }
}

const noContexts: readonly ContextId[] = [];
const noLiberties: readonly Liberty[] = [];

const contextOfLiberty = ({ id, kind }: Liberty): ContextId =>
  libertyContext(libertyKinds.indexOf(kind), id);

/** Interrupts that nobody chose: of timers in the background, when nothing else is left to do. */
const background: ContextId = -1e9;

/** The task whose step it is; null for that of an interrupt, a timer or a store. */
const taskOf = (step: Step | null): task_struct | null =>
  step === null || step.queue === null || step.queue.irq === step.execution
    ? null
    : step.queue.curr;

const noTouches: readonly Touch[] = [];
