/**
 * A scan: the ready list is taken over, each item is polled again, what is not ready falls out.
 * Linux: fs/eventpoll.c (ep_events_available, ep_start_scan, ep_done_scan, ep_item_poll,
 * __ep_eventpoll_poll, ep_send_events).
 *
 * While a scan is open rdllist belongs to nobody and callbacks go to ovflist, so that user memory
 * can be written, and files polled, without ep->lock.
 *
 * Invariants: a scan is open only under ep->mtx.
 */
import { current } from '../current.ts';
import { type file, file_ref_get, peekAtLinks, returnFile } from '../file.ts';
import { looksAt, writesTo } from '../footprint.ts';
import {
  list_add,
  list_add_tail,
  list_del_init,
  list_empty,
  list_empty_careful,
  list_entry,
  type list_head,
  list_splice_init,
} from '../list.ts';
import { lockdep_assert_irqs_enabled } from '../lockdep.ts';
import { mutex_lock, mutex_lock_nested, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { type poll_table, poll_wait, vfs_poll } from '../poll.ts';
import { __pm_relax, __pm_stay_awake } from '../power.ts';
import { fatal_signal_pending } from '../sched.ts';
import { __fentry__, traceFact, traceNote } from '../trace.ts';
import { type EventBuffer, epoll_put_uevent } from '../uaccess.ts';
import { EFAULT, EINTR } from '../uapi/errno.ts';
import { EPOLLET, EPOLLIN, EPOLLONESHOT, EPOLLRDNORM } from '../uapi/eventpoll.ts';
import { peekAt, waitqueue_active } from '../wait.ts';
import * as before511 from './before_5_11.ts';
import { ep_poll_safewake } from './callback.ts';
import { is_file_epoll } from './file.ts';
import { lockLists, unlockLists, wakeWaiter } from './lock.ts';
import { isHalfSeen, touchHalf, touchReady, touchScan } from './looks.ts';
import {
  EP_PRIVATE_BITS,
  EP_UNACTIVE_PTR,
  ep_is_linked,
  type epitem,
  type eventpoll,
} from './types.ts';
import { ep_pm_stay_awake, ep_wakeup_source } from './wakeup.ts';

/** Might there be events? True while a scan is open; without the lock the answer may be stale. */
export function ep_events_available(ep: eventpoll): boolean {
  looksAt(ep.ready.target.identity);
  looksAt(ep.scan.target.identity);
  return !list_empty_careful(ep.rdllist) || ep.ovflist !== EP_UNACTIVE_PTR;
}

/** Takes the ready list over into `txlist`; from here on callbacks queue on ovflist. */
export function* ep_start_scan(ep: eventpoll, txlist: list_head<epitem>): Kernel<void> {
  __fentry__('ep_start_scan');
  lockdep_assert_irqs_enabled();
  yield lockLists(ep);
  ep.seq++;
  touchHalf(ep);
  const wasEmpty = list_empty(ep.rdllist);
  list_splice_init(ep.rdllist, txlist);
  traceFact('scan', ep);
  touchReady(ep, wasEmpty);
  // Race: false-negative. A lockless reader may find both lists empty here.
  if (isHalfSeen(!wasEmpty)) yield ep.scan;
  touchScan(ep);
  ep.ovflist = null;
  ep.seq++;
  unlockLists(ep);
}

/** Ours: closes ovflist, and puts what came during the scan onto rdllist. Called with lock held. */
export function takeOverflow(ep: eventpoll, note: string): void {
  touchScan(ep);
  const wasEmpty = list_empty(ep.rdllist);
  let nepi = ep.ovflist;
  while (nepi !== null && nepi !== EP_UNACTIVE_PTR) {
    const epi = nepi;
    if (!ep_is_linked(epi)) {
      // ovflist has the newest first; adding at the head restores the order of arrival.
      traceNote(note, epi, 'moved');
      if (current.kernel.patched.c141175d011f) list_add(epi.rdllink, ep.rdllist);
      else list_add_tail(epi.rdllink, ep.rdllist);
      ep_pm_stay_awake(epi);
    }
    nepi = epi.next;
    epi.next = EP_UNACTIVE_PTR;
  }
  ep.ovflist = EP_UNACTIVE_PTR;
  touchReady(ep, wasEmpty);
}

/** Ours: puts back what is left of a scan, the second half of its end. */
export function putBack(ep: eventpoll, txlist: list_head<epitem>): void {
  touchHalf(ep);
  const wasEmpty = list_empty(ep.rdllist);
  if (current.kernel.tracer !== null) for (const epi of txlist) traceFact('left', epi);
  list_splice_init(txlist, ep.rdllist);
  touchReady(ep, wasEmpty);
  ep.seq++;
  __pm_relax(ep.ws);
}

/** Ours: does the end of a scan wake somebody for what is left? Not from 5.5 to 5.12. */
export const wakesAtEnd = (ep: eventpoll): boolean =>
  !list_empty(ep.rdllist) &&
  (current.kernel.patched['7fab29e35630'] || !current.kernel.patched['339ddb53d373']);

/** Puts back what came during the scan and what is left of it, and wakes one more waiter. */
export function* ep_done_scan(ep: eventpoll, txlist: list_head<epitem>): Kernel<void> {
  __fentry__('ep_done_scan');
  yield lockLists(ep);
  ep.seq++;
  takeOverflow(ep, 'ep_done_scan: from ovflist onto rdllist');
  // Race: false-negative. The scan is closed and what is left of it is not back yet.
  if (isHalfSeen(list_empty(ep.rdllist) && !list_empty(txlist))) yield ep.ready;
  putBack(ep, txlist);
  let pwake = false;
  if (wakesAtEnd(ep)) {
    if (waitqueue_active(ep.wq)) {
      traceNote('ep_done_scan: something is left, the next waiter is woken', ep);
      yield* wakeWaiter(ep);
    }
    if (!current.kernel.patched['339ddb53d373']) {
      if (!current.kernel.alone) yield peekAt(ep.poll_wait);
      pwake = waitqueue_active(ep.poll_wait);
    }
  }
  unlockLists(ep);
  if (pwake) yield* ep_poll_safewake(ep, null, 0);
}

/** The item's file with a reference, unless its last one is gone. */
export function epi_fget(epi: epitem): file | null {
  const { file } = epi.ffd;
  return file_ref_get(file) ? file : null;
}

/** What of the item's mask its file has ready now. */
export function* ep_item_poll(
  epi: epitem,
  pt: poll_table,
  depth: number,
  events: number = epi.event.events,
): Kernel<number> {
  if (!current.kernel.alone) yield peekAtLinks(epi.ffd.file); // The count is read without a lock.
  const { patched } = current.kernel;
  const file = patched['4efaa5acf0a1'] ? epi_fget(epi) : epi.ffd.file;
  // A file that is being closed is as good as gone: its items are about to be removed.
  if (file === null) return 0;
  pt._key = events;
  let res: number;
  if (!is_file_epoll(file)) res = yield* vfs_poll(file, pt);
  else if (patched['319c15174757']) res = yield* __ep_eventpoll_poll(file, pt, depth);
  else res = yield* before511.pollInner(file, pt, depth);
  if (patched['4efaa5acf0a1']) returnFile(file);
  return res & events;
}

/** Is an epoll descriptor readable: does any item of its ready list turn out to be ready? */
export function* __ep_eventpoll_poll(
  file: file,
  wait: poll_table | null,
  depth: number,
): Kernel<number> {
  __fentry__('ep_eventpoll_poll');
  const ep = file.private_data as eventpoll;
  const { txlist, pt } = ep;
  let res = 0;
  if (wait !== null && wait._qproc !== null) yield* poll_wait(file, ep.poll_wait, wait);
  yield mutex_lock_nested(ep.mtx, depth);
  yield* ep_start_scan(ep, txlist);
  let node = txlist.next;
  while (node !== txlist) {
    const epi = list_entry(node);
    if ((yield* ep_item_poll(epi, pt, depth + 1)) !== 0) {
      res = EPOLLIN | EPOLLRDNORM;
      break;
    }
    node = node.next;
    __pm_relax(ep_wakeup_source(epi));
    traceNote('ep_eventpoll_poll: not ready any more, off the list', epi, 'gone');
    list_del_init(epi.rdllink);
  }
  yield* ep_done_scan(ep, txlist);
  mutex_unlock(ep.mtx);
  return res;
}

/** Copies up to `maxevents` events to the user; how many, or -errno if none could be. */
export function* ep_send_events(
  ep: eventpoll,
  events: EventBuffer,
  maxevents: number,
): Kernel<number> {
  __fentry__('ep_send_events');
  const { liberties, observer } = current.kernel;
  if (fatal_signal_pending(current) && current.kernel.patched.c257a340ede0) return -EINTR;
  const { txlist, pt } = ep;
  let res = 0;
  yield mutex_lock(ep.mtx);
  yield* ep_start_scan(ep, txlist);
  let node = txlist.next;
  while (node !== txlist && res < maxevents) {
    const epi = list_entry(node);
    node = node.next;
    const ws = ep_wakeup_source(epi);
    if (ws !== null) {
      // The instance stays awake for the item, which is off the list for a moment.
      if (ws.active) __pm_stay_awake(ep.ws);
      __pm_relax(ws);
    }
    list_del_init(epi.rdllink);
    const revents = yield* ep_item_poll(epi, pt, 1);
    if (revents === 0) {
      traceNote('ep_send_events: not ready any more, off the list', epi, 'gone');
      continue;
    }
    traceFact('has', epi, revents);
    if (events.page !== null && !events.page.present) yield events.page.fault;
    if (!epoll_put_uevent(revents, epi.event.data, events)) {
      list_add(epi.rdllink, txlist);
      ep_pm_stay_awake(epi);
      if (res === 0) res = -EFAULT;
      break;
    }
    res++;
    traceFact('told', epi, revents);
    if (observer !== null) observer.delivered(epi, revents);
    if (liberties !== null) liberties.told(epi);
    if ((epi.event.events & EPOLLONESHOT) !== 0) {
      // A callback reads the mask under ep->lock, which is not held here.
      if (!current.kernel.alone) yield ep.lists;
      traceNote('ep_send_events: one shot, disarmed', epi, 'disarmed');
      writesTo(ep.identity);
      epi.event.events &= EP_PRIVATE_BITS;
    } else if ((epi.event.events & EPOLLET) === 0) {
      // Nobody else adds to rdllist now: callbacks see the open scan, epoll_ctl waits for mtx.
      traceNote('ep_send_events: level-triggered, back onto rdllist', epi, 'again');
      const wasEmpty = list_empty(ep.rdllist);
      list_add_tail(epi.rdllink, ep.rdllist);
      touchReady(ep, wasEmpty);
      ep_pm_stay_awake(epi);
    }
  }
  yield* ep_done_scan(ep, txlist);
  mutex_unlock(ep.mtx);
  return res;
}
