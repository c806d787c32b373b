/**
 * Ours: what those who look at the lists without ep->lock can see of a change, for the checker.
 *
 * Theirs are two looks, those of ep_events_available(): is rdllist empty, is a scan open? A change
 * that leaves both answers as they are nobody sees who does not hold the lock.
 */
import { current } from '../current.ts';
import { writesTo } from '../footprint.ts';
import { list_add_tail, list_empty } from '../list.ts';
import { storeLate } from '../store_buffer.ts';
import type { epitem, eventpoll } from './types.ts';

/** A scan is opened or closed. */
export const touchScan = (ep: eventpoll): void => writesTo(ep.scan.target.identity);

/** Half of that: since 7.2 `seq` tells of it. */
export function touchHalf(ep: eventpoll): void {
  const { footprint, patched } = current.kernel;
  if (footprint !== null && patched['0c4aefe3c2d0']) touchScan(ep);
}

/** Something was done to rdllist. */
export function touchReady(ep: eventpoll, wasEmpty: boolean): void {
  if (current.kernel.footprint === null || list_empty(ep.rdllist) === wasEmpty) return;
  writesTo(ep.ready.target.identity);
}

/**
 * Can anybody who does not hold the lock have seen what a callback has done by now? Else what comes
 * next may as well be a part of the same step. `isVisible`: it has filled rdllist, or woken somebody.
 */
export const isSeen = (ep: eventpoll, isVisible: boolean): boolean =>
  !current.kernel.alone && (isVisible || ep.rwlock !== null || current.stores !== null);

/** The same of half of a scan's beginning or end, where rdllist becomes empty or ceases to be. */
export const isHalfSeen = (changesReady: boolean): boolean =>
  !current.kernel.alone && (changesReady || current.kernel.patched['0c4aefe3c2d0']);

/** Appends an item to rdllist, under the lock. */
export function appendReady(ep: eventpoll, epi: epitem): void {
  if (current.stores === null && !list_empty(ep.rdllist)) list_add_tail(epi.rdllink, ep.rdllist);
  else storeLate(ep.ready.target, list_add_tail<epitem>, epi.rdllink, ep.rdllist);
}
