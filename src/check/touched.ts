/**
 * Variables of a program that its threads race for, as the story of an execution tells of them: what
 * one context writes and another one touches, too. Which variables are touched says a program that was
 * rewritten, see ../sim/told.ts; of any other nothing is known.
 */
import type { TouchedHow } from '../kernel/globals.ts';

/** A context has touched a variable, or a part of it. */
export interface Touched {
  readonly context: string;
  /** The number of the variable. */
  readonly thing: number;
  /** What the program calls it: `jobs`, `this.jobs.length`. */
  readonly place: string;
  readonly how: TouchedHow;
}

/** Says of each of the touches whether somebody else's has to do with it. */
export function racingIn(touches: readonly Touched[]): (touch: Touched) => boolean {
  const distinct = new Map<number, Map<string, Touched>>();
  for (const touch of touches) {
    const { context, how, place, thing } = touch;
    let known = distinct.get(thing);
    if (known === undefined) distinct.set(thing, (known = new Map()));
    known.set(`${context} ${how} ${place}`, touch);
  }
  return (touch) =>
    [...(distinct.get(touch.thing)?.values() ?? [])].some((one) => race(one, touch));
}

const race = (one: Touched, other: Touched): boolean =>
  one.context !== other.context &&
  (one.how !== 'reads' || other.how !== 'reads') &&
  (isPartOf(one.place, other.place) || isPartOf(other.place, one.place));

const isPartOf = (place: string, whole: string): boolean =>
  place === whole || place.startsWith(`${whole}.`);
