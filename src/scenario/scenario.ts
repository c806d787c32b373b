/**
 * A scenario that has been read and found sound: names are looked up, flag words are numbers.
 *
 * A descriptor is a number or a reference to a name that some step binds; a reference carries a
 * slot, an index into `Scenario.names`, so that a player keeps its bindings in an array.
 */
import type { Place } from './errors.ts';
import type { CallArgs, CallName } from './schema.ts';

/** A name that `bind` introduces or that stands behind a "$". One object a name. */
export interface FdRef {
  readonly ref: string;
  readonly slot: number;
}

export type Fd = number | FdRef;

export interface StepOf<C extends CallName> extends Place {
  readonly call: C;
  /** Every argument of the call, those left out with their defaults. */
  readonly args: CallArgs[C];
  /** The issuing thread, an index into `Scenario.threads`. */
  readonly thread: number;
  /** Names for the descriptors returned, empty or one for each. */
  readonly bind: readonly FdRef[];
}

/** A step of any call; a test of `call` tells which, and narrows `args`. */
export type Step = { [C in CallName]: StepOf<C> }[CallName];

/** A scenario that has been read: every name resolved, every argument there. */
export interface Scenario {
  /** null when the document gives none. */
  readonly name: string | null;
  /** What it shows, as a sentence; '' when the document gives none. */
  readonly about: string;
  /**
   * `lockstep`: a step is issued when all that follows from the one before has happened.
   * `concurrent`: the threads run freely.
   */
  readonly mode: 'lockstep' | 'concurrent';
  /** The names of the threads; steps name them by their index. */
  readonly threads: readonly string[];
  /** Every descriptor name of the scenario, by slot. */
  readonly names: readonly string[];
  /** The steps in lockstep; in concurrent mode those before the threads run. */
  readonly steps: readonly Step[];
  /** By thread, a list for each of `threads`; all empty in lockstep mode. */
  readonly concurrent: readonly (readonly Step[])[];
  /** Steps when the threads of a concurrent scenario have ended. */
  readonly after: readonly Step[];
}
