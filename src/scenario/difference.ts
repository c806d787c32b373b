/** Where two transcripts of one scenario part, and in what. */
import type { Entry } from './transcript.ts';

/** A transcript that has been read back; numbers above 2^53 are only good to be looked at. */
export interface ReadTranscript {
  readonly results: readonly Entry[];
  readonly blocked?: readonly string[];
  readonly error?: string;
}

export const readTranscript = (text: string): ReadTranscript => JSON.parse(text) as ReadTranscript;

/** The first difference. */
export interface Difference {
  /** After which step; the number of steps for the end. */
  readonly place: number;
  /** The step whose result it is, where it is that of one. */
  readonly step: number | null;
  /** What is different, in words that stay the same when the scenario is cut down. */
  readonly kind: string;
}

/** The step after which an entry stands. */
export const placeOf = (entry: Entry): number =>
  (entry.blocked === true ? undefined : entry.after) ?? entry.step;

const callOf = (calls: readonly string[], { step }: Entry): string => calls[step] ?? 'a call';

/** The first difference of two transcripts that are not equal; `calls` are those of the steps. */
export function differenceOf(left: string, right: string, calls: readonly string[]): Difference {
  const [a, b] = [readTranscript(left), readTranscript(right)];
  const count = Math.max(a.results.length, b.results.length);
  for (let i = 0; i < count; i++) {
    const [one, other] = [a.results[i], b.results[i]];
    if (JSON.stringify(one) === JSON.stringify(other)) continue;
    if (one === undefined || other === undefined) {
      const entry = (one ?? other) as Entry;
      return { place: placeOf(entry), step: entry.step, kind: `${callOf(calls, entry)}: returns` };
    }
    return between(one, other, calls);
  }
  const kind = a.error === b.error ? 'end: blocked' : `end: ${a.error ?? b.error}`;
  return { place: calls.length, step: null, kind: kind.replace(/\d+/g, 'N') };
}

function between(one: Entry, other: Entry, calls: readonly string[]): Difference {
  const place = Math.min(placeOf(one), placeOf(other));
  if (one.step !== other.step || one.blocked !== other.blocked) {
    const first = placeOf(one) <= placeOf(other) ? one : other;
    return { place, step: first.step, kind: `${callOf(calls, first)}: returns` };
  }
  const [a, b] = [one, other] as unknown as readonly Readonly<Record<string, unknown>>[];
  const keys = [...new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])];
  const differing = keys.filter((key) => JSON.stringify(a?.[key]) !== JSON.stringify(b?.[key]));
  return { place, step: one.step, kind: `${callOf(calls, one)}: ${differing.join(', ')}` };
}
