/** What is answered: the branch that something ended by, a sentence, and the chain that led there. */
import type { Hop } from './hops.ts';

/** The branch that ended it. */
export type Cause =
  | 'told'
  | 'filtered-when-polled-again'
  | 'no-room'
  | 'in-ovflist'
  | 'in-scan'
  | 'on-list'
  | 'lists-seen-empty'
  | 'disabled-by-oneshot'
  | 'not-in-mask'
  | 'masked-by-key'
  | 'taken-by-another-waiter'
  | 'consumed'
  | 'not-ready'
  | 'exclusive-went-elsewhere'
  | 'no-new-wakeup'
  | 'not-registered'
  | 'call-failed'
  | 'timed-out'
  | 'wakes'
  | 'waits-for-mutex'
  | 'still-registered'
  | 'removed'
  | 'already-linked'
  | 'queued'
  | 'sleeps'
  | 'ended'
  | 'end-of-file'
  | 'still-open'
  | 'signal-ignored'
  | 'signal-blocked'
  | 'signal-taken'
  | 'no-wakeup'
  | 'nobody-waits';

/** What is answered of one item. */
export interface Verdict {
  /** The cause, in a word. */
  readonly cause: Cause;
  /** The cause, as a sentence. */
  readonly sentence: string;
  /** How it came about, hop by hop, the first one first. */
  readonly hops: readonly Hop[];
}

/** One thing that happened, or did not. */
export interface Finding extends Verdict {
  /** An item such as `ep3[4]`, or whom a wakeup was for. */
  readonly about: string;
  /** The task whose call it is an answer for. */
  readonly task: string;
  /** The number that the item was added under; null where it is about no item. */
  readonly fd: number | null;
}
