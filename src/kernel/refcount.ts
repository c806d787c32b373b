/** Reference counts that notice when they are wrong. Linux: include/linux/refcount.h, lib/refcount.c. */
import { KernelBug } from './bug.ts';
import { looksAt, newIdentity, writesTo } from './footprint.ts';

export class refcount_t {
  refs: number;
  // Ours:
  readonly identity: number = newIdentity();

  constructor(refs: number) {
    this.refs = refs;
  }
}

export function refcount_inc(ref: refcount_t): void {
  looksAt(ref.identity); // In which order references come and go shows only when none is left.
  if (ref.refs === 0) throw new KernelBug('refcount', 'addition on 0; use after free');
  ref.refs++;
}

export function refcount_inc_not_zero(ref: refcount_t): boolean {
  looksAt(ref.identity);
  if (ref.refs === 0) return false;
  ref.refs++;
  return true;
}

/** True if this was the last reference. */
export function refcount_dec_and_test(ref: refcount_t): boolean {
  if (ref.refs === 0) throw new KernelBug('refcount', 'underflow; use after free');
  const last = --ref.refs === 0;
  if (last) writesTo(ref.identity);
  else looksAt(ref.identity);
  return last;
}
