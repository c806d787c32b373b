/**
 * One execution that is given: by the contexts that take its steps, or by a schedule in words, which
 * is checked at each step.
 */
import { ScheduleMismatch } from '../sim/schedule.ts';
import { InTurn } from './in_turn.ts';
import { type ContextId, ending } from './order.ts';
import { type Choosing, isAtRest, Once, Way } from './strategy.ts';
import { returning, wordsOf } from './words.ts';

/** The same contexts again, on the same program. */
export class Retrace extends Once {
  private readonly way: Way;
  /** What each step was, in words. */
  readonly words: string[] = [];
  private readonly turns: InTurn = new InTurn(400);

  constructor(path: readonly ContextId[]) {
    super();
    this.way = new Way(path);
  }

  choose(choosing: Choosing): ContextId | null {
    const next = this.way.next(choosing);
    if (next === undefined) return this.turns.next(choosing);
    const isSaid = next !== null && !(next === ending && isAtRest(choosing));
    if (isSaid) this.words.push(wordsOf(choosing, next));
    return next;
  }
}

/** Where a schedule did not fit and was not followed. */
export interface Departure {
  /** The step of the schedule, from 0. */
  readonly step: number;
  readonly expected: string;
  /** What was done, or null if the step of the schedule was passed over. */
  readonly instead: string | null;
}

/** How many steps of a context may stand between two of the schedule before it is given up on. */
const patience = 200;

export class Replay extends Once {
  private readonly steps: readonly string[];
  private readonly tolerant: boolean;
  private at = 0;
  private inserted = 0;
  private readonly turns: InTurn = new InTurn(400);
  readonly departures: Departure[] = [];

  /** `tolerant`: goes on where the schedule does not fit, as near to it as can be. */
  constructor(steps: readonly string[], tolerant = false) {
    super();
    this.steps = steps;
    this.tolerant = tolerant;
  }

  choose(choosing: Choosing): ContextId {
    const { possible } = choosing;
    if (isAtRest(choosing) && !this.takesLiberty(choosing)) return ending;
    const describe = (context: ContextId): string => wordsOf(choosing, context);
    const untold = possible.find((context) => this.goesWithCall(describe(context)));
    if (untold !== undefined) return untold;
    for (; this.at < this.steps.length; this.at++) {
      const expected = this.steps[this.at] as string;
      const fits = possible.find((context) => describe(context) === expected);
      if (fits !== undefined) {
        this.at++;
        this.inserted = 0;
        return fits;
      }
      if (!this.tolerant) throw new ScheduleMismatch(this.at + 1, expected, possible.map(describe));
      const nearby = this.sameContext(choosing, expected);
      const step = this.at;
      if (nearby !== null && !this.comesLater(describe(nearby)) && this.inserted++ < patience) {
        this.departures.push({ step, expected, instead: describe(nearby) });
        return nearby;
      }
      this.inserted = 0;
      this.departures.push({ step, expected, instead: null });
    }
    return this.turns.next(choosing);
  }

  /**
   * Is it the way back from a call, in a schedule of an execution in which that was no step? Then the
   * next that its context does there is something else.
   */
  private goesWithCall(step: string): boolean {
    if (!step.endsWith(`: ${returning}`)) return false;
    const who = step.slice(0, -returning.length);
    for (let at = this.at; at < this.steps.length; at++) {
      if (this.steps[at]?.startsWith(who) === true) return this.steps[at] !== step;
    }
    return this.at < this.steps.length;
  }

  /** Is the next step a liberty of the kernel? */
  private takesLiberty(choosing: Choosing): boolean {
    const expected = this.steps[this.at];
    return choosing.possible.some((context) => wordsOf(choosing, context) === expected);
  }

  /** The execution is over: steps that are left of the schedule do not fit either. */
  end(): void {
    for (; this.at < this.steps.length; this.at++) {
      const expected = this.steps[this.at] as string;
      if (!this.tolerant) throw new ScheduleMismatch(this.at + 1, expected, []);
      this.departures.push({ step: this.at, expected, instead: null });
    }
  }

  /** Has the schedule this step further on? */
  private comesLater(step: string): boolean {
    return this.steps.indexOf(step, this.at + 1) >= 0;
  }

  /** The context of the expected step, if it can do something else. */
  private sameContext(choosing: Choosing, expected: string): ContextId | null {
    const who = expected.slice(0, expected.indexOf(': '));
    const isSame = (context: ContextId): boolean =>
      choosing.describe(context).startsWith(`${who}: `);
    return choosing.possible.find(isSame) ?? null;
  }
}
