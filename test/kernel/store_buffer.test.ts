import { describe, expect, test } from 'vitest';
import { Dpor } from '../../src/check/dpor.ts';
import type { Memory } from '../../src/sim/schedule.ts';
import { type Action, fence, found, lock, read, threads, unlock, write } from '../check/support.ts';

/** What each thread can read and what is left, as `t0 t1 … cell0 cell1`. */
const outcomes = (lists: readonly (readonly Action[])[], memory: Memory = 'tso'): string[] =>
  found(threads(lists), new Dpor(), undefined, { memory }).outcomes;

/** The litmus tests of x86 (Owens, Sarkar, Sewell: "A better x86 memory model: x86-TSO", 2009). */
describe('what x86 allows and what it does not', () => {
  const bothOld = '-. -. 00 10';

  test('two threads write and then read what the other wrote: both may read what was before', () => {
    const program = [
      [write(0), read(1)],
      [write(1), read(0)],
    ];
    expect(outcomes(program)).toContain(bothOld);
    expect(outcomes(program, 'sc')).not.toContain(bothOld);
  });

  test('not with a barrier on both sides', () => {
    const program = [
      [write(0), fence, read(1)],
      [write(1), fence, read(0)],
    ];
    expect(outcomes(program)).toEqual(outcomes(program, 'sc'));
  });

  test('but with one on one side', () => {
    const program = [
      [write(0), fence, read(1)],
      [write(1), read(0)],
    ];
    expect(outcomes(program)).toContain(bothOld);
  });

  /** A flag that is seen says that what was written before it is there. */
  test('stores are seen in the order in which they were made', () => {
    const program = [
      [write(0), write(1)],
      [read(1), read(0)],
    ];
    expect(outcomes(program)).toEqual(outcomes(program, 'sc'));
  });

  test('a thread reads what it wrote itself, seen by others or not', () => {
    for (const outcome of outcomes([[write(0), read(0)], [read(0)]])) {
      expect(outcome).toMatch(/^00\./);
    }
  });

  test('two readers see two writers in the same order', () => {
    const program = [[write(0)], [write(1)], [read(0), read(1)], [read(1), read(0)]];
    expect(outcomes(program)).not.toContain('. . 00-. 10-. 00 10');
  });
});

describe('locks', () => {
  /** Whatever the lock guards is there when somebody else has it. */
  test('under a lock nothing is seen late', () => {
    const program = [
      [lock(0), write(0), read(1), unlock(0)],
      [lock(0), write(1), read(0), unlock(0)],
    ];
    expect(outcomes(program)).toEqual(outcomes(program, 'sc'));
  });

  test('to give one back is no barrier, to take one is', () => {
    const written = (after: readonly Action[]): Action[][] => [
      [lock(0), write(0), unlock(0), ...after, read(1)],
      [write(1), fence, read(0)],
    ];
    const bothOld = '-. -. 01 10';
    expect(outcomes(written([]))).toContain(bothOld);
    expect(outcomes(written([lock(1), unlock(1)]))).not.toContain(bothOld);
  });
});
