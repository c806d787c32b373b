/**
 * Appending to the lists of an epoll without excluding one another, as callbacks did that shared
 * the rwlock (5.1 to 6.17, a218cc491420 to 0c43094f8cc9). Linux: fs/eventpoll.c of those releases.
 *
 * Each exchange of a pointer is one step, and another callback can come between two of them. A list
 * is whole in the forward direction only once all that append to it are done, so a scan, which
 * walks it, takes the lock for writing.
 *
 * Invariants: called with the lock held for reading.
 * Differs from Linux: both functions show in a function graph, where Linux inlines them.
 */
import { current } from '../current.ts';
import { writesTo } from '../footprint.ts';
import type { list_head } from '../list.ts';
import type { Kernel } from '../op.ts';
import { __fentry__, traceFact, traceNote } from '../trace.ts';
import { EP_UNACTIVE_PTR, ep_is_linked, type epitem, type eventpoll } from './types.ts';
import { ep_pm_stay_awake_rcu } from './wakeup.ts';

/** Ours: callbacks see one another, and who looks without a lock sees the list. */
function touchList(ep: eventpoll): void {
  writesTo(ep.identity);
  writesTo(ep.ready.target.identity);
}

/** Appends a node; false if another callback is appending it, or has. */
function* list_add_tail_lockless(
  node: list_head<epitem>,
  head: list_head<epitem>,
  ep: eventpoll,
): Kernel<boolean> {
  __fentry__('list_add_tail_lockless');
  if (!current.kernel.alone) yield ep.lists; // cmpxchg(&new->next, new, head)
  if (node.next !== node) return false;
  touchList(ep);
  node.next = head;
  if (!current.kernel.alone) yield ep.lists; // xchg(&head->prev, new)
  touchList(ep);
  const { prev } = head;
  head.prev = node;
  if (!current.kernel.alone) yield ep.lists; // Until here the list ends before the new node.
  touchList(ep);
  prev.next = node;
  node.prev = prev;
  return true;
}

/** Puts an item onto ovflist; false if it is there, or on its way. */
function* chain_epi_lockless(epi: epitem): Kernel<boolean> {
  __fentry__('chain_epi_lockless');
  const { ep } = epi;
  if (epi.next !== EP_UNACTIVE_PTR) return false;
  if (!current.kernel.alone) yield ep.lists; // cmpxchg(&epi->next, EP_UNACTIVE_PTR, NULL)
  if (epi.next !== EP_UNACTIVE_PTR) return false;
  writesTo(ep.identity);
  epi.next = null;
  if (!current.kernel.alone) yield ep.lists; // xchg(&ep->ovflist, epi)
  writesTo(ep.identity);
  epi.next = ep.ovflist;
  ep.ovflist = epi;
  return true;
}

/** Onto ovflist while a scan is open, else onto rdllist; nothing if it is there already. */
export function* queueItemLockless(ep: eventpoll, epi: epitem, pollflags: number): Kernel<void> {
  if (ep.ovflist !== EP_UNACTIVE_PTR) {
    if (!(yield* chain_epi_lockless(epi))) {
      traceFact('queued already', epi, pollflags);
      return;
    }
    traceNote('ep_poll_callback: onto ovflist', epi, 'overflowed', pollflags);
    ep_pm_stay_awake_rcu(epi);
  } else if (ep_is_linked(epi)) {
    traceNote('ep_poll_callback: queued already', epi, 'queued already', pollflags);
  } else if (yield* list_add_tail_lockless(epi.rdllink, ep.rdllist, ep)) {
    traceNote('ep_poll_callback: onto rdllist', epi, 'queued', pollflags);
    ep_pm_stay_awake_rcu(epi);
  }
}
