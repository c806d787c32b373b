/** Items, from what happenings say of them. */

import type { ItemNow } from './history/snapshot.ts';
import type { History } from './history.ts';

/** Null where it was there at neither of the moments that are kept. */
export function itemOf(id: number, { asked, last }: History): ItemNow | null {
  for (const snapshot of [asked, last]) {
    for (const { items } of snapshot?.epolls ?? []) {
      const item = items.find((one) => one.id === id);
      if (item !== undefined) return item;
    }
  }
  return null;
}

/** The number in the name of an item. */
export const fdOf = (item: string): number => Number(item.slice(item.indexOf('[') + 1, -1));
