/** Where two runs of one program part, as the program sees it. */
import type { Recording } from '../../model/recording.ts';

/** A place in each of the two, and what is said there; a place of 0 is none. */
export interface Parting {
  readonly places: readonly [number, number];
  readonly sentences: readonly [string | null, string | null];
}

/** What calls give back is what a program sees; also whether they do. Null where all of it is the same. */
export function partingOf(one: Recording, other: Recording): Parting | null {
  const tasks = new Set([...one.moments, ...other.moments].map(({ task }) => task));
  const partings = [...tasks].flatMap((task) => {
    const left = returnsOf(one, task);
    const right = returnsOf(other, task);
    const length = Math.max(left.length, right.length);
    for (let i = 0; i < length; i++) {
      if (left[i]?.sentence !== right[i]?.sentence) return [between(one, left[i], other, right[i])];
    }
    return [];
  });
  return partings.sort((a, b) => first(a) - first(b))[0] ?? endings(one, other);
}

interface Returned {
  readonly place: number;
  readonly sentence: string;
}

const returnsOf = ({ moments }: Recording, task: string): Returned[] =>
  moments.flatMap(({ kind, sentence, task: who }, i) =>
    kind === 'return' && who === task ? [{ place: i + 1, sentence }] : [],
  );

/** Of a call that does not come back the end of the run is shown. */
const between = (
  one: Recording,
  left: Returned | undefined,
  other: Recording,
  right: Returned | undefined,
): Parting => ({
  places: [left?.place ?? one.moments.length, right?.place ?? other.moments.length],
  sentences: [left?.sentence ?? null, right?.sentence ?? null],
});

const first = ({ places }: Parting): number => Math.min(...places);

const endOf = ({ asleep, error }: Recording): string => [error ?? '', ...asleep].join('; ');

function endings(one: Recording, other: Recording): Parting | null {
  if (endOf(one) === endOf(other)) return null;
  return {
    places: [one.moments.length, other.moments.length],
    sentences: [endOf(one) || null, endOf(other) || null],
  };
}
