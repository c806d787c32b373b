import { expect, test } from 'vitest';
import {
  refcount_dec_and_test,
  refcount_inc,
  refcount_inc_not_zero,
  refcount_t,
} from '../../src/kernel/refcount.ts';

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
