/** Plain enumeration: every interleaving, whatever depends on what. What the reduction is held against. */

import type * as Explore from '../../src/check/explore.ts';
import type { Subject } from '../../src/check/explore.ts';
import type { ContextId } from '../../src/check/order.ts';
import type { Choosing, Strategy } from '../../src/check/strategy.ts';

class Enumeration implements Strategy {
  private readonly path: { readonly possible: readonly ContextId[]; at: number }[] = [];
  private depth = 0;

  begin(): boolean {
    this.depth = 0;
    if (this.path.length === 0) return true;
    for (let node = this.path.at(-1); node !== undefined; node = this.path.at(-1)) {
      if (++node.at < node.possible.length) return true;
      this.path.pop();
    }
    return false;
  }

  choose({ possible }: Choosing): ContextId {
    const node = (this.path[this.depth++] ??= { possible: [...possible], at: 0 });
    return node.possible[node.at] as ContextId;
  }
}

/** How many interleavings there are of a program whose threads share no variables. */
export function interleavings<T>(explore: typeof Explore.explore, subject: Subject<T>): number {
  let count = 0;
  for (const _ of explore(subject, new Enumeration(), { sharedMemory: false })) count++;
  return count;
}
