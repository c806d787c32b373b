import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from '../../src/check/check.ts';
import { Dpor } from '../../src/check/dpor.ts';
import { type Estimate, estimate, estimateText, refined } from '../../src/check/estimate.ts';
import type { Subject } from '../../src/check/explore.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';
import { actions } from './arbitrary.ts';
import { found, lock, read, threads, unlock, write } from './support.ts';

const repeat = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** As many probes as there may be, whatever the time. */
const estimated = (subject: Subject<string>): Estimate =>
  estimate(subject, {}, () => 0) as Estimate;

const holds = ({ low, high }: Estimate, executions: number): boolean =>
  low <= executions && executions <= high;

describe('an estimate holds the number that is known', () => {
  test('of three threads that have nothing to do with one another: 1', () => {
    const program = threads(repeat(3, (i) => [write(i), write(i)]));
    expect(estimated(program)).toEqual({ executions: 1, low: 1, high: 1 });
  });

  test.each([3, 4, 5, 6])('of %d threads that write the same cell: n!', (n) => {
    const factorial = repeat(n, (i) => i + 1).reduce((a, b) => a * b, 1);
    expect(holds(estimated(threads(repeat(n, () => [write(0)]))), factorial)).toBe(true);
  });

  test.each([2, 6, 10])('of one writer and %d readers of a cell: 2^n', (n) => {
    const program = threads([[write(0)], ...repeat(n, () => [read(0)])]);
    expect(holds(estimated(program), 2 ** n)).toBe(true);
  });

  test.each([3, 4, 5])('of %d threads in one critical section: n!', (n) => {
    const factorial = repeat(n, (i) => i + 1).reduce((a, b) => a * b, 1);
    const program = threads(repeat(n, () => [lock(0), write(0), unlock(0)]));
    expect(holds(estimated(program), factorial)).toBe(true);
  });
});

/** A check that was asked for ten seconds must not go on for minutes to say how long it would have taken. */
test('an estimate that takes far too long is given up', () => {
  const program = threads(repeat(5, () => [lock(0), write(0), unlock(0)]));
  let asked = 0;
  expect(estimate(program, {}, () => (asked++ < 3 ? 0 : 20))).toBeNull();
  expect(asked).toBe(4);
});

/** Whoever plans by it: a range that leaves the number out is wrong, one that holds any is no use. */
test('on generated programs nine of ten ranges hold the number, and are not wide', () => {
  const most = 4000;
  const missed: string[] = [];
  const widths: number[] = [];
  fc.assert(
    fc.property(fc.array(actions, { minLength: 3, maxLength: 4 }), (lists) => {
      const program = threads(lists);
      const { executions } = found(program, new Dpor(), most);
      if (executions > most || executions < 10) return;
      const range = estimated(program);
      widths.push(range.high / range.low);
      if (!holds(range, executions)) missed.push(`${executions}: ${estimateText(range)}`);
    }),
    { seed: 9, numRuns: 200 },
  );
  widths.sort((a, b) => a - b);
  expect(widths.length).toBeGreaterThan(40);
  expect(missed.length).toBeLessThanOrEqual(widths.length / 10);
  expect(widths[Math.floor(widths.length / 2)]).toBeLessThan(8);
  expect(widths.at(-1)).toBeLessThan(40);
}, 120_000);

/** A range that stays as wide as it was says nothing of what has been done. */
test('the more is done, the narrower the range', () => {
  const sampled = { executions: 1000, low: 200, high: 5000 };
  expect(refined(sampled, 0, 0)).toEqual(sampled);
  const half = refined(sampled, 600, 0.5);
  expect(half.high / half.low).toBeLessThan(6);
  const late = refined(sampled, 1199, 0.99);
  expect(late.high / late.low).toBeLessThan(half.high / half.low);
  expect(late.low).toBe(1200);
  expect(late.high).toBeLessThan(2000);
});

test('an estimate is told with two digits', () => {
  expect(estimateText({ executions: 21_345, low: 4_961, high: 83_210 })).toBe(
    'about 21,000 executions, between 5,000 and 83,000',
  );
});

/** Four threads that share variables, with three calls each. */
const busy = function* (sys: Sys): Code<void> {
  const thread: Program = function* (one) {
    for (let i = 0; i < 3; i++) yield* one.gettid();
  };
  for (let i = 0; i < 4; i++) yield* sys.pthread_create(thread);
};

/** Somebody who has to decide whether to wait, or to make the program smaller. */
test('a check that a limit ends says about how many executions it takes', () => {
  const { estimate: range, limit } = check(busy, { executions: 50 });
  expect(range?.low).toBeGreaterThan(50);
  expect(range?.high).toBeGreaterThan(range?.executions ?? 0);
  expect(limit?.message).toMatch(/; it takes about [\d,]+ executions, between [\d,]+ and [\d,]+$/);
});

test('a check that covers all, or is not to, has none', () => {
  const small = function* (sys: Sys): Code<void> {
    yield* sys.gettid();
  };
  expect(check(small).estimate).toBeNull();
  expect(check(busy, { strategy: 'random', executions: 5 }).estimate).toBeNull();
});
