/** How times grow with the size. */
import type { Kind, Row } from './row.ts';

export interface Growth {
  readonly name: string;
  /** The time at the largest size in those at the smallest. */
  readonly model: number;
  /** The kernel's own; null where it was not measured. */
  readonly linux: number | null;
  /** What it would be if times were proportional to the logarithm of the size. */
  readonly logarithmic: number;
}

/** Of each name of a kind of which there are at least two sizes. */
export function growthsOf(rows: readonly Row[], kind: Kind): Growth[] {
  const ofKind = rows.filter((row) => row.kind === kind && row.model_ns !== null);
  return [...new Set(ofKind.map(({ name }) => name))].flatMap((name) => {
    const sizes = ofKind.filter((row) => row.name === name).sort((a, b) => a.size - b.size);
    const [first, last] = [sizes[0], sizes.at(-1)];
    if (first === undefined || last === undefined || first === last) return [];
    return [
      {
        name,
        model: quotient(last.model_ns, first.model_ns) ?? Number.NaN,
        linux: quotient(last.linux_ns, first.linux_ns),
        logarithmic: Math.log(last.size) / Math.log(first.size),
      },
    ];
  });
}

const quotient = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a / b;
