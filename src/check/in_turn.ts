/**
 * Everybody gets the turn: whoever has waited longest, for a few steps in a row. Nobody is preempted
 * while it may still end soon.
 */
import type { ContextId } from './order.ts';
import { type Choosing, needed, type Strategy } from './strategy.ts';

/** How many steps a context takes at most while others wait. */
const slice = 12;

export class InTurn {
  private readonly since: Map<ContextId, number> = new Map();
  private at = 0;
  private taken = 0;
  private last: ContextId = 0;
  private readonly patience: number;

  /** For so many steps in a row a context may go on, as long as nobody was preempted. */
  constructor(patience: number) {
    this.patience = patience;
  }

  /** Who goes on of those that can; `preferred` at first. The kernel takes no liberties. */
  next(choosing: Choosing): ContextId {
    const { preferred } = choosing;
    const possible = needed(choosing);
    this.at++;
    if (this.at === 1) this.last = preferred;
    for (const context of this.since.keys()) {
      if (!possible.includes(context)) this.since.delete(context);
    }
    if (
      possible.includes(this.last) &&
      this.taken++ < (this.at < this.patience ? this.patience : slice)
    )
      return this.last;
    const waiting = (context: ContextId): number => this.since.get(context) ?? this.at;
    for (const context of possible) this.since.set(context, waiting(context));
    let next = possible[0] as ContextId;
    for (const context of possible) if (waiting(context) < waiting(next)) next = context;
    this.since.set(next, this.at);
    this.last = next;
    this.taken = 1;
    return next;
  }
}

/** All that are left go round: each gets its turn. */
export class Everybody implements Strategy {
  private readonly turns: InTurn = new InTurn(0);

  begin(): boolean {
    return true;
  }

  choose(choosing: Choosing): ContextId {
    return this.turns.next(choosing);
  }
}
