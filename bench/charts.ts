/** Charts of cost against size, as SVG: by Vega, which draws without a browser. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type Spec, View } from 'vega';
import type { Row } from './row.ts';

interface Point {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  readonly side: string;
}

/** What a chart says of its axes; both are logarithmic. */
interface Axes {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** What the numbers of the y axis are of: `s` for seconds, `B` for bytes. */
  readonly unit: string;
}

const width = 460;
const height = 300;

const frame = (title: string): Spec => ({
  $schema: 'https://vega.github.io/schema/vega/v6.json',
  width,
  height,
  padding: 10,
  background: 'white',
  title: { text: title, anchor: 'start' },
});

const palette = { scheme: 'category10' } as const;

/** The powers of ten from below the least to above the greatest, at which a logarithmic axis is cut. */
function powers(values: readonly number[]): number[] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: to - from + 1 }, (_, i) => Number(`1e${from + i}`));
}

const ends = (cuts: readonly number[]): number[] => [cuts[0] ?? 1, cuts.at(-1) ?? 1];

/** A line a name: drawn through for the model, dashed for Linux. */
function lines({ title, x, y, unit }: Axes, points: readonly Point[]): Spec {
  const cuts = { x: powers(points.map(({ x }) => x)), y: powers(points.map(({ y }) => y)) };
  const scale = (name: 'x' | 'y', range: 'width' | 'height') =>
    ({ name, type: 'log', domain: ends(cuts[name]), range }) as const;
  const sides = [...new Set(points.map(({ side }) => side))];
  return {
    ...frame(title),
    data: [{ name: 'points', values: [...points] }],
    scales: [
      scale('x', 'width'),
      scale('y', 'height'),
      { name: 'color', type: 'ordinal', domain: { data: 'points', field: 'name' }, range: palette },
      {
        name: 'dash',
        type: 'ordinal',
        domain: sides,
        range: [
          [1, 0],
          [5, 4],
        ],
      },
    ],
    axes: [
      { scale: 'x', orient: 'bottom', title: x, format: '~s', grid: true, values: cuts.x },
      {
        scale: 'y',
        orient: 'left',
        title: y,
        grid: true,
        values: cuts.y,
        encode: {
          labels: { update: { text: { signal: `format(datum.value, '~s') + '${unit}'` } } },
        },
      },
    ],
    legends: [
      { stroke: 'color', symbolType: 'stroke', orient: 'right' },
      ...(sides.length > 1
        ? [{ strokeDash: 'dash', symbolType: 'stroke', orient: 'right' } as const]
        : []),
    ],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'line', data: 'points', groupby: ['name', 'side'] } },
        marks: (['line', 'symbol'] as const).map((type) => ({
          type,
          from: { data: 'line' },
          encode: {
            update: {
              x: { scale: 'x', field: 'x' },
              y: { scale: 'y', field: 'y' },
              ...(type === 'symbol'
                ? { fill: { scale: 'color', field: 'name' }, size: { value: 24 } }
                : {
                    stroke: { scale: 'color', field: 'name' },
                    strokeDash: { scale: 'dash', field: 'side' },
                    strokeWidth: { value: 2 },
                  }),
            },
          },
        })),
      },
    ],
  };
}

/** A bar a name. */
const bars = (title: string, x: string, values: readonly { name: string; y: number }[]): Spec => ({
  ...frame(title),
  height: 28 * values.length,
  data: [{ name: 'bars', values: [...values] }],
  scales: [
    { name: 'x', domain: { data: 'bars', field: 'y' }, range: 'width', nice: true, zero: true },
    {
      name: 'y',
      type: 'band',
      domain: { data: 'bars', field: 'name' },
      range: 'height',
      padding: 0.2,
    },
  ],
  axes: [
    { scale: 'x', orient: 'bottom', title: x, format: '~s', grid: true, tickCount: 6 },
    { scale: 'y', orient: 'left', labelLimit: 300 },
  ],
  marks: [
    {
      type: 'rect',
      from: { data: 'bars' },
      encode: {
        update: {
          x: { scale: 'x', field: 'y' },
          x2: { scale: 'x', value: 0 },
          y: { scale: 'y', field: 'name' },
          height: { scale: 'y', band: 1 },
          fill: { value: '#4c78a8' },
        },
      },
    },
  ],
});

/** Both sides of rows, in seconds. */
const times = (rows: readonly Row[], nameOf: (row: Row) => string): Point[] =>
  rows.flatMap((row) =>
    (['model', 'Linux'] as const).flatMap((side) => {
      const ns = side === 'model' ? row.model_ns : row.linux_ns;
      return ns === null ? [] : [{ x: row.size, y: ns / 1e9, name: nameOf(row), side }];
    }),
  );

/** Those that can be drawn from the rows, by the name of their file. */
export function chartsOf(rows: readonly Row[]): ReadonlyMap<string, Spec> {
  const of = (kind: Row['kind']): Row[] => rows.filter((row) => row.kind === kind);
  const polled = [
    ...times(of('poll and select'), ({ name }) => `${name}()`),
    ...times(
      of('epoll_wait').filter(({ name }) => name === '1 ready'),
      () => 'epoll_wait()',
    ),
  ];
  const taken = of('memory').flatMap(({ figures, name, size }) => {
    const y = figures?.['heap_bytes'] ?? 0;
    return y > 0 && name.startsWith('registered') ? [{ x: size, y, name, side: 'model' }] : [];
  });
  const rates = of('checker').flatMap(({ figures, name }) => {
    const y = figures?.['executions_a_second'];
    return y === undefined ? [] : [{ name, y }];
  });
  const axes = (title: string, x: string): Axes => ({ title, x, y: 'time for one', unit: 's' });
  const charts = new Map<string, Spec>();
  const add = (name: string, axes: Axes, points: readonly Point[]): void => {
    if (points.length > 0) charts.set(name, lines(axes, points));
  };
  const items = 'items in the set';
  add(
    'ctl',
    axes('epoll_ctl', items),
    times(of('ctl'), ({ name }) => name),
  );
  add(
    'epoll_wait',
    axes('epoll_wait', items),
    times(of('epoll_wait'), ({ name }) => name),
  );
  add('poll', axes('one ready of many', 'descriptors'), polled);
  add(
    'waiters',
    axes('a write wakes one of many threads', 'threads'),
    times(of('waiters'), ({ name }) => name),
  );
  add('memory', { title: 'memory of the model', x: 'descriptors', y: 'heap', unit: 'B' }, taken);
  if (rates.length > 0) charts.set('checker', bars('the checker', 'executions a second', rates));
  return charts;
}

/** Draws what can be drawn into a folder; the names of the files. */
export async function draw(rows: readonly Row[], folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const [name, spec] of chartsOf(rows)) {
    const view = new View(parse(spec), { renderer: 'none' });
    const svg = await view.toSVG();
    view.finalize();
    files.push(`${name}.svg`);
    writeFileSync(join(folder, `${name}.svg`), `${svg}\n`);
  }
  return files;
}
