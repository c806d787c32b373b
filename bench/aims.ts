/** What the rows come to, and what they are to come to. */
import type { Kind, Row } from './row.ts';
import { geometricMean } from './statistics.ts';

export interface Aim {
  readonly aim: string;
  /** What was found, in words. */
  readonly found: string;
  /** Null where rows are missing. */
  readonly met: boolean | null;
}

export interface Conclusion {
  readonly summary: Readonly<Record<string, number | null>>;
  readonly aims: readonly Aim[];
}

const ratiosOf = (rows: readonly Row[], ...kinds: Kind[]): (Row & { ratio: number })[] =>
  rows.filter(
    (row): row is Row & { ratio: number } => kinds.includes(row.kind) && row.ratio !== null,
  );

const largest = <T extends { readonly ratio: number }>(rows: readonly T[]): T | null =>
  rows.reduce<T | null>(
    (worst, row) => (worst === null || row.ratio > worst.ratio ? row : worst),
    null,
  );

const named = (row: Row | null): string =>
  row === null ? '–' : `${row.kind}, ${row.name}, ${row.size}`;

const shown = (value: number | null): string => (value === null ? '–' : value.toFixed(2));

/** The time at the largest size, in those at the smallest; each name of a kind for itself. */
function growths(rows: readonly Row[], kind: Kind, side: 'model_ns' | 'linux_ns'): Growth[] {
  const ofKind = rows.filter((row) => row.kind === kind && row[side] !== null);
  return [...new Set(ofKind.map(({ name }) => name))].flatMap((name) => {
    const sizes = ofKind.filter((row) => row.name === name).sort((a, b) => a.size - b.size);
    const [first, last] = [sizes[0], sizes.at(-1)];
    if (first === undefined || last === undefined || first === last) return [];
    const ratio = (last[side] as number) / (first[side] as number);
    return [{ name, ratio, logarithmic: Math.log(last.size) / Math.log(first.size) }];
  });
}

interface Growth {
  readonly name: string;
  readonly ratio: number;
  /** What it would be if it were proportional to the logarithm. */
  readonly logarithmic: number;
}

/** How the growth of the model compares: with the kernel's own, which has caches to miss, too. */
function grown(rows: readonly Row[], kind: Kind, aim: string, most: (of: Growth) => number): Aim {
  const ours = growths(rows, kind, 'model_ns');
  const theirs = growths(rows, kind, 'linux_ns');
  const text = ({ name, ratio }: Growth): string => {
    const linux = theirs.find((other) => other.name === name);
    return `${name} × ${shown(ratio)} (Linux × ${shown(linux?.ratio ?? null)})`;
  };
  const fits = (of: Growth): boolean =>
    of.ratio <= Math.max(most(of), theirs.find(({ name }) => name === of.name)?.ratio ?? 0);
  return {
    aim,
    found: ours.map(text).join(', ') || '–',
    met: ours.length === 0 ? null : ours.every(fits),
  };
}

export function conclude(rows: readonly Row[]): Conclusion {
  const main = ratiosOf(rows, 'round trip', 'epoll_wait');
  const mean = main.length === 0 ? null : geometricMean(main.map(({ ratio }) => ratio));
  const worst = largest(main);
  const ctl = largest(ratiosOf(rows, 'ctl'));
  const others = largest(ratiosOf(rows, 'waiters', 'nested', 'poll and select', 'echo server'));
  const growth = (kind: Kind): number | null =>
    largest(growths(rows, kind, 'model_ns'))?.ratio ?? null;
  return {
    summary: {
      geometric_mean: mean,
      worst: worst?.ratio ?? null,
      worst_ctl: ctl?.ratio ?? null,
      worst_other: others?.ratio ?? null,
      growth_ctl: growth('ctl'),
      growth_epoll_wait: growth('epoll_wait'),
    },
    aims: [
      {
        aim: 'model/Linux over epoll_wait and round trips: geometric mean at most 0.4',
        found: shown(mean),
        met: mean === null ? null : mean <= 0.4,
      },
      {
        aim: 'none of them above 1',
        found: `${shown(worst?.ratio ?? null)} (${named(worst)})`,
        met: worst === null ? null : worst.ratio <= 1,
      },
      {
        aim: 'ctl at most 2 at any size',
        found: `${shown(ctl?.ratio ?? null)} (${named(ctl)})`,
        met: ctl === null ? null : ctl.ratio <= 2,
      },
      grown(
        rows,
        'ctl',
        "ctl grows no faster than the logarithm of the items, or than the kernel's own",
        ({ logarithmic }) => logarithmic,
      ),
      grown(
        rows,
        'epoll_wait',
        "epoll_wait does not depend on how many are registered (at most × 1.5, or the kernel's own)",
        () => 1.5,
      ),
    ],
  };
}
