import type { Kernel } from '../kernel/op.ts';

/** A call that ends at once with `-errno`. */
export function* refuse(error: number): Kernel<number> {
  return error;
}
