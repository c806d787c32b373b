/** Numbers given out, the lowest free one first. Linux: lib/idr.c. */
import { __clear_bit, __set_bit, find_next_zero_bit } from './bitmap.ts';
import { current } from './current.ts';
import { writesTo } from './footprint.ts';

export class ida {
  // Ours:
  readonly used: number[] = [];
  /** Every number below is in use. */
  next = 0;
}

/** The lowest number that is free. */
export function ida_alloc(ida: ida): number {
  writesTo(current.kernel.numbering);
  const id = find_next_zero_bit(ida.used, ida.next);
  __set_bit(id, ida.used);
  ida.next = id + 1;
  return id;
}

export function ida_free(ida: ida, id: number): void {
  writesTo(current.kernel.numbering);
  __clear_bit(id, ida.used);
  if (id < ida.next) ida.next = id;
}
