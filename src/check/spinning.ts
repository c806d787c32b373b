/**
 * Loops that wait for something to change: `while (!flag) yield* sys.sched_yield()`.
 *
 * A thread that has made the same calls twice in a row, with the same answers, is tried alone: if it
 * goes on so for many rounds, only others can end its loop, and nothing that it does until then
 * matters. An execution in which it went round twice comes to what one comes to in which it did so
 * once, or not at all, and those are explored as well: so the thread waits, in this execution, until
 * nobody else can go on. What it counts meanwhile is taken not to matter. A loop that ends by itself
 * within those rounds is no such loop, and every one of its rounds counts. (Kokologiannakis, Ren,
 * Vafeiadis: "Dynamic partial order reductions for spinloops", 2021, do so by looking at the code;
 * Musuvathi, Qadeer: "Fair stateless model checking", 2008, let threads say when they wait.)
 */
import { restartIdentities } from '../kernel/footprint.ts';
import type { task_struct } from '../kernel/sched.ts';
import type { Machine } from '../sim/machine.ts';
import type { Pausing } from '../sim/pause.ts';
import { observationsOf } from './detectors/observations.ts';
import { Course } from './execution.ts';
import type { ExploreOptions, Subject } from './explore.ts';
import { libertiesOf } from './liberties.ts';
import type { ContextId } from './order.ts';
import type { Rounds } from './rounds.ts';
import { type Choosing, needed, type Strategy } from './strategy.ts';

/** So many rounds of a thread that is alone are taken to be a loop that goes on for ever. */
export const manyRounds = 32;

/** Does a thread go round for ever, if nobody else does anything from the end of this path on? */
interface Question {
  readonly own: string;
  readonly whole: string;
  readonly path: readonly ContextId[];
  readonly context: ContextId;
}

/** What is known of the loops of a program. */
export class Spinning {
  readonly rounds: number;
  /** What the execution under way cannot go on without. */
  private question: Question | null = null;
  /** Threads that go round, by what has happened to them. */
  private readonly round: Set<string> = new Set();
  /** Threads that do not, by what has happened to them and to others, who may have ended the loop. */
  private readonly free: Set<string> = new Set();
  /** What cannot be said in the execution under way. */
  private readonly open: Set<string> = new Set();

  constructor(rounds: number) {
    this.rounds = rounds;
  }

  /** Does the thread wait for others? Null if the execution is to begin anew when that is known. */
  waits(
    task: task_struct,
    { repeated, history }: Rounds,
    path: readonly ContextId[],
  ): boolean | null {
    if (repeated < 2) return false;
    const own = `${task.comm} ${history}`;
    if (this.round.has(own)) return true;
    const context = task.identity;
    const whole = `${own} ${path.reduce((sum, one) => (one === context ? sum : sum + 1), 0)}`;
    if (this.open.has(whole) || this.free.has(whole)) return false;
    this.question = { own, whole, path: [...path], context };
    return null;
  }

  get isAsked(): boolean {
    return this.question !== null;
  }

  /** Another execution begins. */
  begin(): void {
    this.open.clear();
  }

  /** Finds the answer to what was asked, with an execution of its own. */
  *answer<T>(subject: Subject<T>, options: ExploreOptions): Pausing<void> {
    const { question } = this;
    if (question === null) return;
    this.question = null;
    const { context, own, path, whole } = question;
    const alone = new Alone(path, context, this.rounds);
    restartIdentities();
    const { sharedMemory = true, memory } = options;
    const course = new Course(alone, sharedMemory, memory, null, libertiesOf(options));
    const { machine, run } = subject(course);
    alone.machine = machine;
    try {
      for (run(); machine.isPaused; run()) yield null;
    } catch {
      // It does not go round, then.
    }
    if (alone.goesRound === null) this.open.add(whole);
    else if (alone.goesRound) this.round.add(own);
    else this.free.add(whole);
  }
}

/** Follows a path, and then lets one thread run alone until it is clear whether it goes round. */
class Alone implements Strategy {
  machine: Machine | null = null;
  /** Null if somebody else keeps it from going on. */
  goesRound: boolean | null = null;
  private readonly path: readonly ContextId[];
  private readonly context: ContextId;
  private readonly rounds: number;
  private at = 0;

  constructor(path: readonly ContextId[], context: ContextId, rounds: number) {
    this.path = path;
    this.context = context;
    this.rounds = rounds;
  }

  begin(): boolean {
    return true;
  }

  choose(choosing: Choosing): ContextId | null {
    if (this.at < this.path.length) return this.path[this.at++] ?? null;
    const possible = needed(choosing);
    const repeated = this.repeated();
    this.goesRound = repeated >= this.rounds ? true : repeated < 2 ? false : null;
    if (this.goesRound !== null) return null;
    // Only tasks are not its own: timers are what it may sleep for.
    const next = possible.includes(this.context) ? this.context : possible.find((one) => one < 0);
    return next ?? null;
  }

  private repeated(): number {
    const observations = this.machine === null ? null : observationsOf(this.machine);
    for (const [{ identity }, rounds] of observations?.rounds ?? []) {
      if (identity === this.context) return rounds.repeated;
    }
    return 1;
  }
}
