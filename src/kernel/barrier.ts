/**
 * Full memory barriers. Linux: include/asm-generic/barrier.h.
 *
 * Without store buffers (store_buffer.ts) every store is seen at once, and there is nothing to wait
 * for.
 */
import { current } from './current.ts';
import type { Kernel } from './op.ts';

/** Goes on once others see all that the running task has written. */
export function* smp_mb(): Kernel<void> {
  const { stores } = current;
  if (stores?.dirty) yield stores.barrier;
}
