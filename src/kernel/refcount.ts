/** Reference counts that notice when they are wrong. Linux: include/linux/refcount.h, lib/refcount.c. */
import { KernelBug } from './bug.ts';
import { looksAt, newIdentity, writesTo } from './footprint.ts';

export class refcount_t {
  refs: number;
  // Ours:
  /** How many were taken by somebody who held none and found the count above zero. */
  borrowed = 0;
  readonly refsIdentity: number = newIdentity();

  constructor(refs: number) {
    this.refs = refs;
  }
}

export function refcount_inc(ref: refcount_t): void {
  looksAt(ref.refsIdentity); // In which order references come and go shows only when none is left.
  if (ref.refs === 0) throw new KernelBug('refcount', 'addition on 0; use after free');
  ref.refs++;
}

/** The reference goes back by giveBack(). */
export function refcount_inc_not_zero(ref: refcount_t): boolean {
  looksAt(ref.refsIdentity);
  if (ref.refs === 0) return false;
  ref.refs++;
  ref.borrowed++;
  return true;
}

/** refcount_inc() by somebody who holds no reference. It goes back by giveBack(). */
export function borrowRef(ref: refcount_t): void {
  refcount_inc(ref);
  ref.borrowed++;
}

/** refcount_dec_and_test() of a reference that was borrowed. */
export function giveBack(ref: refcount_t): boolean {
  ref.borrowed--;
  return refcount_dec_and_test(ref);
}

/** True if this was the last reference. */
export function refcount_dec_and_test(ref: refcount_t): boolean {
  if (ref.refs === 0) throw new KernelBug('refcount', 'underflow; use after free');
  ref.refs--;
  // What is borrowed only hides that the owners are gone: a borrower before it would have failed.
  // And of the last two it matters which one comes first: each has to mind the other.
  if (ref.refs <= ref.borrowed + 1) writesTo(ref.refsIdentity);
  else looksAt(ref.refsIdentity);
  return ref.refs === 0;
}
