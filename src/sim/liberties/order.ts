/** The order of ready events: the last one goes ahead of those that were told no longer ago. */

import { lockLists, unlockLists } from '../../kernel/eventpoll/lock.ts';
import type { epitem, eventpoll } from '../../kernel/eventpoll/types.ts';
import { Takes, touchOf } from '../../kernel/footprint.ts';
import { list_add, list_del_init, list_entry, type list_head } from '../../kernel/list.ts';
import type { Kernel } from '../../kernel/op.ts';
import { isFree } from '../../kernel/rwlock.ts';
import type { Liberty } from '../liberty.ts';
import { instanceOf, type Opened } from './files.ts';

/** In which scan of its instance an event of an item was last told to a user; 0 for none. */
export type LastTold = (epi: epitem) => number;

/** Behind which entry of the ready list the last item may go; null if it has to stay. */
function placeFor(ep: eventpoll, lastTold: LastTold): list_head<epitem> | null {
  const last = ep.rdllist.prev;
  if (last === ep.rdllist) return null;
  const told = lastTold(list_entry(last));
  let place = last.prev;
  while (place !== ep.rdllist && lastTold(list_entry(place)) >= told) place = place.prev;
  return place === last.prev ? null : place;
}

const isUnlocked = ({ lock, rwlock }: eventpoll): boolean =>
  rwlock === null ? lock.owner === null : isFree(rwlock, rwlock.write);

export function otherOrders(files: readonly Opened[], lastTold: LastTold): Liberty[] {
  const found: Liberty[] = [];
  for (const { f, fd } of files) {
    const ep = instanceOf(f);
    if (ep === null || !isUnlocked(ep) || placeFor(ep, lastTold) === null) continue;
    found.push({
      kind: 'ready-order',
      id: ep.identity,
      touches: [touchOf((ep.rwlock ?? ep.lock).identity, Takes)],
      task: '',
      file: f,
      fd,
      detail: String(list_entry(ep.rdllist.prev).ffd.fd),
      take: () => goAhead(ep, lastTold),
    });
  }
  return found;
}

function* goAhead(ep: eventpoll, lastTold: LastTold): Kernel<void> {
  yield lockLists(ep);
  const place = placeFor(ep, lastTold);
  if (place !== null) {
    const { rdllink } = list_entry(ep.rdllist.prev);
    list_del_init(rdllink);
    list_add(rdllink, place);
  }
  unlockLists(ep);
}
