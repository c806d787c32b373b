/**
 * One execution: a schedule for the machine that asks a strategy who goes on, and tells it what each
 * step touched.
 */
import { current } from '../kernel/current.ts';
import { isLock } from '../kernel/execute.ts';
import { Changes, Footprint, Looks, Shares, Takes, touchOf } from '../kernel/footprint.ts';
import type { Globals } from '../kernel/globals.ts';
import type { Execution, Op } from '../kernel/op.ts';
import type { task_struct } from '../kernel/sched.ts';
import type { Memory, Runnable, Schedule, SharedMemory, Step } from '../sim/schedule.ts';
import { observationsIn } from './detectors/observations.ts';
import { Everybody } from './in_turn.ts';
import { Loops } from './loops.ts';
import type { ContextId } from './order.ts';
import { NothingChanges } from './rounds.ts';
import type { Spinning } from './spinning.ts';
import { type Strategy, wantsTouches } from './strategy.ts';
import { stepText } from './words.ts';

export class Course implements Schedule {
  readonly exact = true;
  readonly runsOn = false;
  readonly footprint: Footprint | null;
  readonly cutsCircles: boolean;
  /** How many steps were taken, and how many times somebody else went on who need not have. */
  steps = 0;
  preemptions = 0;
  /** Who took each step. */
  readonly path: ContextId[] = [];
  /** The strategy saw no use in going on. */
  cut = false;

  private strategy: Strategy;
  private readonly interrupts: Map<Execution, ContextId> = new Map();
  private readonly enablers: Map<ContextId, number> = new Map();
  private able: Set<ContextId> = new Set();
  /** By timer, the step that made it possible. */
  private readonly startedAt: Map<ContextId, number> = new Map();
  private clock = 0;
  private last: ContextId = 0;

  // The step under way:
  private task: task_struct | null = null;
  private op: Op | null = null;
  private state = 0;
  private nesting = 0;
  private readonly held: Op[] = [];

  readonly sharedMemory: SharedMemory;

  readonly memory: Memory;

  /** Null where no thread goes round. */
  private readonly loops: Loops | null;

  /** `spinning`: null where nobody goes round. */
  constructor(
    strategy: Strategy,
    sharedMemory: SharedMemory,
    memory: Memory = 'sc',
    spinning: Spinning | null = null,
  ) {
    this.memory = memory;
    this.loops = spinning === null ? null : new Loops(spinning);
    this.strategy = strategy;
    this.footprint = wantsTouches(strategy) ? new Footprint() : null;
    this.cutsCircles = strategy.isExhaustive === true;
    this.sharedMemory = sharedMemory;
  }

  choose(choices: readonly Runnable[]): number {
    return this.chooseStep(choices, false);
  }

  /** As choose(), where nothing is left to do but to wait for timers: -1 also for not waiting. */
  chooseOrEnd(choices: readonly Runnable[]): number {
    return this.chooseStep(choices, true);
  }

  private chooseStep(choices: readonly Runnable[], mayEnd: boolean): number {
    const steps = choices as readonly Step[];
    this.endStep();
    this.clock = current.kernel.clock;
    const able = steps.map((step) => this.contextOf(step));
    this.noteEnabled(able);
    const possible = this.ofUse(steps, able);
    if (possible.length === 0) return this.stop();
    if (mayEnd) possible.unshift(ending);
    const goesOn = possible.includes(this.last);
    const preferred = goesOn ? this.last : (possible[0] as ContextId);
    const stepOf = (context: ContextId): Step | undefined => steps[able.indexOf(context)];
    const isOffered = (context: ContextId): boolean =>
      able.includes(context) || (mayEnd && context === ending);
    const describe = (context: ContextId): string => stepText(stepOf(context) ?? null);
    const context = this.strategy.choose({ possible, preferred, goesOn, describe });
    if (context === null || !isOffered(context)) {
      this.cut = true;
      return this.stop();
    }
    if (context !== this.last && goesOn) this.preemptions++;
    this.path.push(context);
    this.loops?.goesOn(context, this.path.length);
    this.last = context;
    const step = stepOf(context);
    if (step === undefined) this.beginEnd();
    else this.beginStep(step);
    return step === undefined ? -1 : steps.indexOf(step);
  }

  private stop(): number {
    this.last = 0;
    return -1;
  }

  /**
   * Those that have not to wait for others as they only go round; everybody if all have to, and from
   * then on. Nobody if the execution is to begin anew.
   */
  private ofUse(steps: readonly Step[], able: readonly ContextId[]): ContextId[] {
    const { loops, path, preemptions, task } = this;
    const observations = observationsIn(current.kernel);
    if (loops === null || observations === null || !observations.repeats) return [...able];
    const { rounds } = observations;
    if (task !== null) loops.noteCall(task, rounds, { steps: path.length, preemptions });
    const takers = steps.map((step, i) => ({ context: able[i] as ContextId, task: taskOf(step) }));
    const spinner = loops.settled(takers, rounds);
    if (spinner !== null) {
      path.length = loops.news.steps; // From there on nobody does anything but go round.
      this.steps = path.length;
      this.preemptions = loops.news.preemptions;
      throw new NothingChanges(spinner);
    }
    if (this.strategy.again === undefined) return [...able];
    const waiting = loops.waiting(takers, rounds, path);
    if (waiting === null) return [];
    const free = able.filter((context) => !waiting.has(context));
    if (free.length > 0) return free;
    this.tellOfLocks(current.kernel);
    this.strategy = new Everybody();
    return [...able];
  }

  private contextOf({ queue, execution, timer, stores }: Step): ContextId {
    if (timer !== null) return -timer.order;
    if (stores !== null) return stores.identity;
    if (queue === null || execution === null) throw new Error('a step of nobody');
    if (queue.irq !== execution) return queue.curr.identity;
    let context = this.interrupts.get(execution);
    if (context === undefined) {
      context = this.last < 0 ? this.last : background;
      this.interrupts.set(execution, context);
    }
    return context;
  }

  private noteEnabled(possible: readonly ContextId[]): void {
    const able = new Set(possible);
    for (const context of this.able) if (!able.has(context)) this.noteTakenBack(context);
    for (const context of this.enablers.keys()) {
      if (!able.has(context)) this.enablers.delete(context);
    }
    for (const context of able) {
      if (this.able.has(context) || this.steps === 0) continue;
      this.loops?.goesOn(context, this.steps);
      this.enablers.set(context, this.steps - 1);
      if (context < 0) this.startedAt.set(context, this.steps - 1);
    }
    this.able = able;
  }

  /** A timer that has not fired could have, before it was taken back. */
  private noteTakenBack(context: ContextId): void {
    if (context >= 0 || context === this.last) return;
    const touch = touchOf(this.clock, Changes);
    this.strategy.waits?.(context, touch, this.startedAt.get(context) ?? null);
  }

  private beginStep({ queue, execution }: Step): void {
    this.task = queue?.curr ?? null;
    this.op = execution?.op ?? null;
    this.held.length = 0;
    if (this.task === null) return;
    this.state = this.task.__state;
    this.nesting = this.task.rcu_read_lock_nesting;
    this.held.push(...this.task.held_locks);
  }

  /** No timer fires any more, which no timer can miss. */
  private beginEnd(): void {
    this.task = null;
    this.op = null;
    this.held.length = 0;
    this.footprint?.add(this.clock, Changes);
  }

  /** Tells the strategy of the step that has just been taken. */
  private endStep(): void {
    if (this.last === 0) return;
    this.steps++;
    const { footprint, op, task } = this;
    if (footprint === null) return;
    if (op !== null) this.touchByOp(op);
    for (const held of this.held) this.touchCovered(held);
    if (task !== null) {
      if (task.__state !== this.state) footprint.add(task.identity, Changes);
      if (this.nesting > 0 || task.rcu_read_lock_nesting > 0) {
        footprint.add(task.kernel.rcu.identity, Looks);
      }
    }
    const touches = footprint.touches;
    footprint.touches = [];
    footprint.commuting = false;
    footprint.looking = 0;
    footprint.needless = 0;
    // Whoever waits for a lock could have had it before, too: what made it free orders nothing more.
    const enabler = op !== null && isLock(op) ? null : (this.enablers.get(this.last) ?? null);
    this.enablers.delete(this.last);
    this.strategy.taken?.(this.last, touches, enabler);
  }

  private touchByOp(op: Op): void {
    const { footprint, task } = this;
    if (footprint === null) return;
    const { identity } = op.target;
    switch (op.verb) {
      case 'spin_lock':
      case 'mutex_lock':
      case 'write_lock':
        footprint.add(identity, Takes);
        this.touchCovered(op);
        return;
      case 'read_lock':
        footprint.add(identity, Shares);
        this.touchCovered(op);
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

  private touchCovered({ verb, target }: Op): void {
    const { footprint } = this;
    const { covers, identity } = target;
    if (!covers || footprint === null) return;
    const looks = verb === 'read_lock' || identity === footprint.looking;
    footprint.add(covers.identity, looks ? Looks : Changes);
  }

  /** Nothing can go on but by what comes from outside: all that was done comes before it. */
  rest(): void {
    this.endStep();
    for (const context of this.able) this.noteTakenBack(context);
    this.last = 0;
    this.able.clear();
    this.enablers.clear();
    this.strategy.rests?.();
  }

  /** The machine has come to its end, or was stopped by an error. */
  end(kernel: Globals): void {
    this.endStep();
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

/** Whoever goes on without waiting for timers. */
const ending: ContextId = -2e9;
/** Interrupts that nobody chose: of timers in the background, when nothing else is left to do. */
const background: ContextId = -1e9;

/** The task whose step it is; null for that of an interrupt, a timer or a store. */
const taskOf = ({ queue, execution }: Step): task_struct | null =>
  queue === null || queue.irq === execution ? null : queue.curr;
