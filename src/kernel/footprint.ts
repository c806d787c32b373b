/**
 * What a step touches, so that the checker can tell which steps depend on one another.
 *
 * A step is an operation that is carried out and the code that follows it, up to the next one. Two
 * steps of different contexts depend on one another if both touch the same thing, and one of them
 * does not only look at it. What a lock guards needs no word here: who holds a lock changes, for all
 * the checker knows, what the lock covers. Told are the locks themselves, and what is read or
 * written without them.
 *
 * Without a checker `current.kernel.footprint` is null and nothing is kept.
 */
import { current } from './current.ts';
import type { Named } from './op.ts';

/** How a step touches a thing: `Looks` and `Changes` for data, the others for locks. */
export const Looks = 0;
export const Changes = 1;
export const Takes = 2;
export const Shares = 3;
export const Gives = 4;
export const Unshares = 5;

/** A touch as one number, see touchOf(). */
export type Touch = number;

const HOWS = 8;

/** Most touches are small integers, which are quicker to take apart. */
const SMALL = 2 ** 30;

export const touchOf = (identity: number, how: number): Touch => identity * HOWS + how;
export const identityOf = (touch: Touch): number =>
  touch < SMALL ? touch >> 3 : Math.floor(touch / HOWS);
export const howOf = (touch: Touch): number => (touch < SMALL ? touch & 7 : touch % HOWS);

/** The step under way. */
export class Footprint {
  touches: Touch[] = [];
  /** What is done now commutes with what others do to the same locks in the same spirit. */
  commuting = false;
  /** The lock under which this step only looked, see onlyLookedUnder(); 0 for none. */
  looking = 0;
  /** The lock that this step could have done without, see neededNot(); 0 for none. */
  needless = 0;

  add(identity: number, how: number): void {
    if (identity === this.needless) return;
    const shares = this.commuting || identity === this.looking;
    const touch = touchOf(identity, shares ? commutingHow(how) : how);
    if (!this.touches.includes(touch)) this.touches.push(touch);
  }

  /** The step is over: what it has touched; the next one has touched nothing. */
  take(): readonly Touch[] {
    const { touches } = this;
    this.touches = [];
    this.commuting = false;
    this.looking = 0;
    this.needless = 0;
    return touches;
  }
}

const commutingHow = (how: number): number =>
  how === Takes ? Shares : how === Gives ? Unshares : how;

/** Numbers that tell the things of one machine apart; no machine sees those of another one. */
const identities = { last: 0 };

/** The next number: things that are made in the same order have the same ones. */
export const newIdentity = (): number => ++identities.last;

/**
 * What a machine has from its boot and is made when it is first asked for. Its things have the
 * numbers that they would have had at once, whoever comes first.
 */
export class AtFirstUse<T, From = void> {
  private readonly before: number;
  private readonly count: number;
  private readonly make: (from: From) => T;
  private made: T | null = null;

  /** `count`: how many numbers `make` takes at most. */
  constructor(count: number, make: (from: From) => T) {
    this.before = identities.last;
    this.count = count;
    this.make = make;
    identities.last += count;
  }

  get(from: From): T {
    return this.made ?? this.makeIt(from);
  }

  private makeIt(from: From): T {
    const { last } = identities;
    identities.last = this.before;
    const made = this.make(from);
    if (identities.last > this.before + this.count) {
      throw new RangeError(`${identities.last - this.before} numbers taken of ${this.count}`);
    }
    identities.last = last;
    this.made = made;
    return made;
  }
}

/**
 * Begins at the first number again, for a machine that is to be like the one before; or goes on
 * behind `last`, for one that others came between.
 */
export function restartIdentities(last = 0): void {
  identities.last = last;
}

/** The number that was given last. */
export const lastIdentity = (): number => identities.last;

/** Says that the running step looks at something without a lock that guards it. */
export function looksAt(identity: number): void {
  const { footprint } = current.kernel;
  if (footprint !== null) footprint.add(identity, Looks);
}

/**
 * Says that a lock which the running step took, and is about to give back, guarded nothing but looks:
 * others that only look under it may as well come first.
 */
export function onlyLookedUnder({ identity }: { readonly identity: number }): void {
  const { footprint } = current.kernel;
  // A store that is seen late is a change, and so is the lock that is given back behind it.
  if (footprint !== null && current.stores === null) footprint.looking = identity;
}

/** The same of a lock that guarded nothing of what was done: no order follows from it. */
export function neededNot({ identity, covers }: Named): void {
  const { footprint } = current.kernel;
  if (footprint !== null && current.stores === null && !covers) footprint.needless = identity;
}

/** Says that the running step changes something that is looked at without a lock. */
export function writesTo(identity: number): void {
  const { footprint } = current.kernel;
  if (footprint !== null) footprint.add(identity, Changes);
}
