/** Where in the user's files the errors were thrown with which findings end. */
import type { CheckOptions, Finding } from '../check/check.ts';
import { firstOf, type Subject } from '../check/explore.ts';
import { Replay } from '../check/replay.ts';
import { readSchedule } from '../check/schedule_text.ts';
import type { Pausing } from '../sim/pause.ts';
import { framesOf } from './stack.ts';

/** By finding, innermost first: "at main (loop.ts:7:3)". */
export type Places = ReadonlyMap<Finding, readonly string[]>;

/** Runs each of them again that an error of the program has ended. */
export function* placesOf<T>(
  subject: Subject<T>,
  options: CheckOptions,
  findings: readonly Finding[],
): Pausing<Places> {
  const places = new Map<Finding, readonly string[]>();
  for (const finding of findings) {
    const { kind, repeats, schedule } = finding;
    if (!repeats || (kind !== 'exception' && kind !== 'assertion')) continue;
    const replay = new Replay(readSchedule(schedule).steps, true);
    const frames = framesOf((yield* firstOf(subject, replay, options))?.error);
    if (frames.length > 0) places.set(finding, frames);
  }
  return places;
}
