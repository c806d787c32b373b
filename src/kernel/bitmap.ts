/**
 * Bits of any number, 32 of them a word; those behind the last word are 0.
 * Linux: include/linux/bitops.h, include/linux/find.h.
 */

export const test_bit = (nr: number, addr: readonly number[]): boolean =>
  ((addr[nr >> 5] ?? 0) & (1 << (nr & 31))) !== 0;

export function __assign_bit(nr: number, addr: number[], value: boolean): void {
  const at = nr >> 5;
  while (addr.length <= at) addr.push(0);
  const word = addr[at] as number;
  const bit = 1 << (nr & 31);
  addr[at] = value ? word | bit : word & ~bit;
}

export const __set_bit = (nr: number, addr: number[]): void => __assign_bit(nr, addr, true);
export const __clear_bit = (nr: number, addr: number[]): void => __assign_bit(nr, addr, false);

const FULL = -1;

/** The first bit from `offset` on that is 0. There always is one. */
export function find_next_zero_bit(addr: readonly number[], offset: number): number {
  let nr = offset;
  while (test_bit(nr, addr)) nr = addr[nr >> 5] === FULL ? (nr | 31) + 1 : nr + 1;
  return nr;
}
