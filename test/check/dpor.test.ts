import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dpor } from '../../src/check/dpor.ts';
import { actions } from './arbitrary.ts';
import { enumerate, found, lock, read, threads, unlock, write } from './support.ts';

const repeat = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe('textbook programs have as many executions as Mazurkiewicz traces', () => {
  /** Independent threads need no second order. */
  test('three threads that write cells of their own: 1', () => {
    const program = threads(repeat(3, (i) => [write(i), write(i)]));
    expect(found(program, new Dpor())).toMatchObject({ executions: 1, redundant: 0 });
  });

  /** n! orders of n writes. */
  test.each([2, 3, 4, 5])('%d threads that write the same cell', (n) => {
    const factorial = repeat(n, (i) => i + 1).reduce((a, b) => a * b, 1);
    const program = threads(repeat(n, () => [write(0)]));
    expect(found(program, new Dpor())).toMatchObject({ executions: factorial, redundant: 0 });
  });

  /** Each reader comes before or after the writer, and readers do not mind one another. */
  test.each([1, 2, 3, 6])('one writer and %d readers of a cell', (n) => {
    const program = threads([[write(0)], ...repeat(n, () => [read(0)])]);
    expect(found(program, new Dpor()).executions).toBe(2 ** n);
  });

  /** n! orders of n critical sections. */
  test.each([2, 3, 4])('%d threads in one critical section', (n) => {
    const factorial = repeat(n, (i) => i + 1).reduce((a, b) => a * b, 1);
    const program = threads(repeat(n, () => [lock(0), write(0), unlock(0)]));
    expect(found(program, new Dpor())).toMatchObject({ executions: factorial, redundant: 0 });
  });

  /** Whoever misses a deadlock says that a broken program is correct. */
  test('two locks taken in opposite orders deadlock on some schedule', () => {
    const program = threads([
      [lock(0), lock(1), unlock(1), unlock(0)],
      [lock(1), lock(0), unlock(0), unlock(1)],
    ]);
    const { outcomes } = found(program, new Dpor());
    expect(outcomes.length).toBeGreaterThan(1);
    expect(outcomes).toEqual(enumerate(program, 1e4)?.outcomes);
  });

  /** The second one never gets to take the lock, so it takes part in no race that was seen. */
  test('either of two threads can be the one that a lost lock keeps waiting', () => {
    const program = threads([[lock(0)], [lock(0)]]);
    expect(found(program, new Dpor())).toMatchObject({ outcomes: [' .', '. '], executions: 2 });
  });
});

/** The reduction leaves nothing out, and runs nothing twice, against plain enumeration. */
test('on 400 generated programs all outcomes are found, one execution a trace', () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(actions, { minLength: 2, maxLength: 3 }), (lists) => {
      const program = threads(lists);
      const all = enumerate(program, 1500);
      if (all === null) return;
      compared++;
      const { outcomes, executions } = found(program, new Dpor());
      expect(outcomes).toEqual(all.outcomes);
      expect(executions).toBe(all.traces);
    }),
    { seed: 5, numRuns: 400 },
  );
  expect(compared).toBeGreaterThan(300);
}, 300_000);

/** A store that is seen late is one step more, which must be left out of no race either. */
test('on 100 generated programs all outcomes are found where stores are seen late', () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(actions, { minLength: 2, maxLength: 3 }), (lists) => {
      const program = threads(lists);
      const all = enumerate(program, 700, { memory: 'tso' });
      if (all === null) return;
      compared++;
      const { outcomes, executions } = found(program, new Dpor(), undefined, { memory: 'tso' });
      expect(outcomes).toEqual(all.outcomes);
      expect(executions).toBe(all.traces);
    }),
    { seed: 6, numRuns: 100 },
  );
  expect(compared).toBeGreaterThan(50);
}, 300_000);
