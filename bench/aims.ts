/** What the rows come to, and what they are to come to. */
import { type Growth, growthsOf } from './growth.ts';
import { endless, small } from './programs.ts';
import { type Kind, type Row, titleOf } from './row.ts';
import { geometricMean } from './statistics.ts';
import { bytesText, countText, durationText, ratioText } from './table.ts';

export interface Aim {
  readonly aim: string;
  /** What was found, in words. */
  readonly found: string;
  /** Null where rows are missing. */
  readonly met: boolean | null;
}

export interface Conclusion {
  /** Null where rows are missing. */
  readonly summary: Readonly<Record<string, number | null>>;
  readonly aims: readonly Aim[];
}

type Compared = Row & { readonly ratio: number };

const comparedOf = (rows: readonly Row[], ...kinds: Kind[]): Compared[] =>
  rows.filter((row): row is Compared => kinds.includes(row.kind) && row.ratio !== null);

const worstOf = (rows: readonly Compared[]): Compared | null =>
  rows.reduce<Compared | null>(
    (worst, row) => (worst === null || row.ratio > worst.ratio ? row : worst),
    null,
  );

/** A bound on a number. */
function atMost(aim: string, value: number | null, most: number, shown: string): Aim {
  return { aim, found: value === null ? '–' : shown, met: value === null ? null : value <= most };
}

const atLeast = (aim: string, value: number | null, least: number, shown: string): Aim =>
  atMost(aim, value === null ? null : -value, -least, shown);

const withTitle = (row: Compared | null): string =>
  row === null ? '' : `${ratioText(row.ratio)} (${titleOf(row)})`;

/** The kernel's own growth is allowed, too: it has caches to miss as well. */
function grown(aim: string, growths: readonly Growth[], most: (of: Growth) => number): Aim {
  const shown = ({ name, model, linux }: Growth): string =>
    `${name} × ${ratioText(model)} (Linux × ${ratioText(linux)})`;
  return {
    aim,
    found: growths.map(shown).join(', ') || '–',
    met:
      growths.length === 0
        ? null
        : growths.every((of) => of.model <= Math.max(most(of), of.linux ?? 0)),
  };
}

export function conclude(rows: readonly Row[]): Conclusion {
  const main = comparedOf(rows, 'round trip', 'epoll_wait');
  const mean = main.length === 0 ? null : geometricMean(main.map(({ ratio }) => ratio));
  const worst = worstOf(main);
  const worstCtl = worstOf(comparedOf(rows, 'ctl'));
  const worstOther = worstOf(
    comparedOf(rows, 'waiters', 'nested', 'poll and select', 'echo server'),
  );
  const ctl = growthsOf(rows, 'ctl');
  const waits = growthsOf(rows, 'epoll_wait');
  const most = (growths: readonly Growth[]): number | null =>
    growths.length === 0 ? null : Math.max(...growths.map(({ model }) => model));
  return {
    summary: {
      geometric_mean: mean,
      worst: worst?.ratio ?? null,
      worst_ctl: worstCtl?.ratio ?? null,
      worst_other: worstOther?.ratio ?? null,
      growth_ctl: most(ctl),
      growth_epoll_wait: most(waits),
    },
    aims: [
      atMost(
        'model/Linux over epoll_wait and round trips: geometric mean at most 0.4',
        mean,
        0.4,
        ratioText(mean),
      ),
      atMost('none of them above 1', worst?.ratio ?? null, 1, withTitle(worst)),
      atMost('ctl at most 2 at any size', worstCtl?.ratio ?? null, 2, withTitle(worstCtl)),
      grown(
        "ctl grows no faster than the logarithm of the items, or than the kernel's own",
        ctl,
        ({ logarithmic }) => logarithmic,
      ),
      grown(
        "epoll_wait does not depend on how many are registered: at most × 1.5, or the kernel's own",
        waits,
        () => 1.5,
      ),
      ...ofChecker(rows),
      ...ofTheRest(rows),
    ],
  };
}

function ofChecker(rows: readonly Row[]): Aim[] {
  const rateOf = (name: string): number | null =>
    rows.find((row) => row.kind === 'checker' && row.name === name)?.figures?.[
      'executions_a_second'
    ] ?? null;
  const rate = rateOf(small.name);
  const [alone, both] = [rateOf(`${endless.name}: 1 worker`), rateOf(`${endless.name}: 2 workers`)];
  const speedup = alone === null || both === null ? null : both / alone;
  return [
    atLeast(
      `100,000 executions a second and core (${small.name})`,
      rate,
      100_000,
      countText(rate ?? 0),
    ),
    atLeast('two workers at least 1.8 times one', speedup, 1.8, ratioText(speedup)),
  ];
}

function ofTheRest(rows: readonly Row[]): Aim[] {
  const find = (kind: Kind, name: string, size: number): Row | undefined =>
    rows.find((row) => row.kind === kind && row.name === name && row.size === size);
  const million = find('memory', 'registered eventfd', 1_000_000)?.figures;
  const { heap_bytes = 0, rss_bytes = 0 } = million ?? {};
  const bytes = million === undefined ? null : Math.max(heap_bytes, rss_bytes);
  const starts = rows.filter(
    ({ kind, name }) => kind === 'command' && /^start-up: (?!node)/.test(name),
  );
  const slowest = starts.reduce((most, { model_ns }) => Math.max(most, model_ns ?? 0), 0);
  const many = find('command', 'small scenarios in one command', 10_000)?.figures?.['total_ns'];
  return [
    atMost(
      'a million registered eventfds in less than 1 GiB',
      bytes,
      2 ** 30 - 1,
      bytesText(bytes ?? 0),
    ),
    atMost(
      'the command starts in less than 150 ms',
      starts.length === 0 ? null : slowest,
      150e6,
      starts.map(({ name, model_ns }) => `${name.slice(10)} ${durationText(model_ns)}`).join(', '),
    ),
    atMost('10,000 small scenarios in 5 s', many ?? null, 5e9, durationText(many ?? null)),
  ];
}
