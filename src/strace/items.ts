/** The items of epoll instances, by what the program gave to know them by. */
import type { epitem, eventpoll } from '../kernel/eventpoll/types.ts';
import type { epoll_data_t } from '../kernel/uaccess.ts';

export class Items {
  private readonly byData: WeakMap<eventpoll, Map<string, Set<epitem>>> = new WeakMap();

  add(epi: epitem): void {
    this.index(epi, epi.event.data);
  }

  private tableOf(ep: eventpoll): Map<string, Set<epitem>> {
    let table = this.byData.get(ep);
    if (table === undefined) this.byData.set(ep, (table = new Map()));
    return table;
  }

  private index(epi: epitem, data: epoll_data_t): void {
    const table = this.tableOf(epi.ep);
    const key = String(data);
    let items = table.get(key);
    if (items === undefined) {
      if (table.size > 64 && table.size > epi.ep.rbr.tree.length * 2) sweep(table);
      table.set(key, (items = new Set()));
    }
    items.add(epi);
  }

  /** MOD gives it other data. */
  changed(epi: epitem, before: epoll_data_t): void {
    if (String(before) === String(epi.event.data)) return;
    this.tableOf(epi.ep).get(String(before))?.delete(epi);
    this.index(epi, epi.event.data);
  }

  /** Those that are still registered. */
  find(ep: eventpoll, data: epoll_data_t): epitem[] {
    const items = this.tableOf(ep).get(String(data));
    if (items === undefined) return [];
    for (const epi of items) if (isGone(epi)) items.delete(epi);
    return [...items];
  }
}

const isGone = (epi: epitem): boolean => epi.freed || epi.pwqlist === null;

/** What is gone is forgotten. */
function sweep(table: Map<string, Set<epitem>>): void {
  for (const [key, items] of table) {
    for (const epi of items) if (isGone(epi)) items.delete(epi);
    if (items.size === 0) table.delete(key);
  }
}
