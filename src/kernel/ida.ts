/** Numbers given out, the lowest free one first. Linux: lib/idr.c. */
import { current } from './current.ts';
import { writesTo } from './footprint.ts';

export class ida {
  // Ours:
  readonly used: boolean[] = [];
  /** Every number below is in use. */
  next = 0;
}

/** The lowest number that is free. */
export function ida_alloc(ida: ida): number {
  writesTo(current.kernel.numbering);
  let id = ida.next;
  while (ida.used[id] === true) id++;
  ida.used[id] = true;
  ida.next = id + 1;
  return id;
}

export function ida_free(ida: ida, id: number): void {
  writesTo(current.kernel.numbering);
  ida.used[id] = false;
  if (id < ida.next) ida.next = id;
}
