/** Plain enumeration: every interleaving, whatever depends on what. What the reduction is held against. */

import { Bounded } from '../../src/check/bounded.ts';
import type * as Explore from '../../src/check/explore.ts';
import type { Subject } from '../../src/check/explore.ts';

/** How many interleavings there are of a program whose threads share no variables. */
export function interleavings<T>(explore: typeof Explore.explore, subject: Subject<T>): number {
  const all = new Bounded(Number.POSITIVE_INFINITY);
  let count = 0;
  for (const _ of explore(subject, all, { sharedMemory: false })) count++;
  return count;
}
