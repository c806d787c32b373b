/**
 * Full memory barriers. Linux: include/asm-generic/barrier.h.
 *
 * Differs from Linux: the model is sequentially consistent, so that there is nothing to wait for. The
 * barriers stand where Linux has them, for memory models that see a store late.
 */
export function smp_mb(): void {}
