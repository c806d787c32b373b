import { beforeAll, expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import { Changes, Footprint, howOf, Looks } from '../../src/kernel/footprint.ts';
import {
  giveBack,
  refcount_dec_and_test,
  refcount_inc,
  refcount_inc_not_zero,
  refcount_t,
} from '../../src/kernel/refcount.ts';
import { runAlone } from '../support/run.ts';

// A count belongs to a kernel.
beforeAll(() => {
  runAlone(function* () {});
});

/** Exactly one of those who let go frees the object. */
test('refcount_dec_and_test is true for the last reference only', () => {
  const ref = new refcount_t(1);
  refcount_inc(ref);

  expect(refcount_dec_and_test(ref)).toBe(false);
  expect(refcount_dec_and_test(ref)).toBe(true);
});

/** CVE-2024-38580: a driver revived a file whose last reference was gone, and freed it twice. */
test('refcount_inc of a dead object is a kernel bug', () => {
  expect(() => refcount_inc(new refcount_t(0))).toThrow(/addition on 0/);
});

/** A reference given back twice would free the object under somebody else. */
test('refcount_dec_and_test of a dead object is a kernel bug', () => {
  expect(() => refcount_dec_and_test(new refcount_t(0))).toThrow(/underflow/);
});

/** epi_fget(): a scan must not poll a file that is being closed. */
test('refcount_inc_not_zero refuses a dead object and takes a living one', () => {
  const living = new refcount_t(1);

  expect(refcount_inc_not_zero(new refcount_t(0))).toBe(false);
  expect(refcount_inc_not_zero(living)).toBe(true);
  expect(living.refs).toBe(2);
});

/** The checker is bitten: it takes the order of borrowing and of the owner's end for one that shows. */
test('the end of the owner is told even while somebody has borrowed a reference', () => {
  runAlone(function* () {
    const ref = new refcount_t(1);
    const footprint = new Footprint();
    current.kernel.footprint = footprint;
    refcount_inc_not_zero(ref);
    const isLast = refcount_dec_and_test(ref);
    const touches = footprint.touches.map(howOf);
    current.kernel.footprint = null;

    expect([isLast, touches]).toEqual([false, [Looks, Changes]]);
    expect(giveBack(ref)).toBe(true);
  });
});
