/**
 * Every execution in which no context is preempted more than so many times altogether (Musuvathi,
 * Qadeer: "Iterative context bounding", 2007). Nothing is reduced: two executions may differ only in
 * the order of steps that do not depend on one another.
 */
import { anotherWay } from './determinism.ts';
import { type ContextId, isLiberty } from './order.ts';
import type { Choosing, Strategy } from './strategy.ts';

interface Point {
  readonly candidates: readonly ContextId[];
  at: number;
}

export class Bounded implements Strategy {
  private begun = false;
  private readonly bound: number;
  private readonly path: Point[] = [];
  private depth = 0;
  private preemptions = 0;
  private comparable = true;

  constructor(bound: number) {
    this.bound = bound;
  }

  again(): void {
    this.comparable = false; // Somebody waits from now on who could go on before.
    this.restart();
  }

  private restart(): void {
    this.depth = 0;
    this.preemptions = 0;
  }

  begin(): boolean {
    this.restart();
    if (!this.begun) {
      this.begun = true;
      return true;
    }
    for (let point = this.path.at(-1); point !== undefined; point = this.path.at(-1)) {
      if (++point.at < point.candidates.length) return true;
      this.path.pop();
    }
    return false;
  }

  choose(choosing: Choosing): ContextId {
    const { free, possible, preferred, goesOn } = choosing;
    let point = this.path[this.depth++];
    if (point === undefined) {
      const mayPreempt = !goesOn || this.preemptions < this.bound;
      // A liberty preempts nobody: whoever it interrupts goes on behind it.
      const able = mayPreempt ? possible : possible.slice(possible.length - free);
      const others = able.filter((context) => context !== preferred);
      point = { candidates: [preferred, ...others], at: 0 };
      this.path.push(point);
    }
    const context = point.candidates[point.at] as ContextId;
    if (this.comparable && !possible.includes(context)) throw anotherWay(this.depth - 1, choosing);
    if (goesOn && point.at > 0 && !isLiberty(context)) this.preemptions++;
    return context;
  }
}
