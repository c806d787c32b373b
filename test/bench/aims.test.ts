/** What rows come to. */
import { expect, test } from 'vitest';
import { conclude } from '../../bench/aims.ts';
import { type Kind, missing, type Row } from '../../bench/row.ts';

const compared = (kind: Kind, name: string, size: number, model: number, linux: number): Row => ({
  ...missing({ kind, name, size }),
  model_ns: model,
  linux_ns: linux,
  ratio: model / linux,
});

const verdictOn = (rows: readonly Row[], aim: string): boolean | null | undefined =>
  conclude(rows).aims.find((one) => one.aim.includes(aim))?.met;

/** Whoever is told that an aim is met by a benchmark that has not measured it. */
test('without rows no aim is met, and none is missed', () => {
  const { aims, summary } = conclude([]);
  expect(aims.map(({ met }) => met)).toEqual(aims.map(() => null));
  expect(Object.values(summary)).toEqual(Object.values(summary).map(() => null));
});

test('the geometric mean and the worst are those of epoll_wait and round trips', () => {
  const rows = [
    compared('round trip', 'a', 1, 10, 100),
    compared('epoll_wait', 'b', 1, 160, 100),
    compared('poll and select', 'c', 1, 900, 100),
  ];
  const { summary } = conclude(rows);
  expect(summary['geometric_mean']).toBeCloseTo(0.4);
  expect(summary['worst']).toBeCloseTo(1.6);
  expect(summary['worst_other']).toBeCloseTo(9);
  expect(verdictOn(rows, 'none of them above 1')).toBe(false);
});

/** From 1,000 items to a million the logarithm doubles. */
test.each([
  [200, 100, true],
  [300, 100, false],
  [300, 350, true],
])('ctl of %d instead of 100 where the kernel has %d: %s', (model, linux, met) => {
  const rows = [
    compared('ctl', 'ADD', 1000, 100, 100),
    compared('ctl', 'ADD', 1_000_000, model, linux),
  ];
  expect(verdictOn(rows, 'grows no faster')).toBe(met);
});

test('epoll_wait that takes twice as long with more items depends on them', () => {
  const rows = [100, 200].map((ns, i) => compared('epoll_wait', '1 ready', 10 ** (3 + i), ns, 100));
  expect(verdictOn(rows, 'does not depend')).toBe(false);
});

test.each([
  [150, false],
  [190, true],
])('two workers with %d executions a second where one has 100: %s', (both, met) => {
  const rows = ['1 worker', '2 workers'].map((count, i) => ({
    ...missing({ kind: 'checker' as const, name: `4 writers, 2 waiters: ${count}`, size: 7 }),
    figures: { executions_a_second: i === 0 ? 100 : both },
  }));
  expect(verdictOn(rows, 'two workers')).toBe(met);
});
