/**
 * Scans before 319c15174757 and its series (5.11): one function that opens a scan, has something
 * done for the items, and closes it. Linux: fs/eventpoll.c of 4.4 to 5.10 (ep_scan_ready_list,
 * ep_send_events_proc, ep_read_events_proc, ep_poll_readyevents_proc).
 *
 * EPOLL_CTL_ADD of an epoll held that one's mutex for all of the operation, and polling it from there
 * found it locked (`ep_locked`).
 *
 * Invariants: a scan is open only under ep->mtx.
 */

import { current } from '../current.ts';
import type { file } from '../file.ts';
import { writesTo } from '../footprint.ts';
import {
  list_add,
  list_add_tail,
  list_del_init,
  list_empty,
  list_entry,
  list_head,
  list_splice_init,
} from '../list.ts';
import { lockdep_assert_irqs_enabled } from '../lockdep.ts';
import { mutex_lock_nested, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { init_poll_funcptr, type poll_table, poll_wait } from '../poll.ts';
import { __pm_relax, __pm_stay_awake } from '../power.ts';
import { __fentry__, traceFact, traceNote } from '../trace.ts';
import { type EventBuffer, epoll_put_uevent } from '../uaccess.ts';
import { EFAULT } from '../uapi/errno.ts';
import { EPOLLET, EPOLLIN, EPOLLONESHOT, EPOLLRDNORM } from '../uapi/eventpoll.ts';
import { peekAt, waitqueue_active } from '../wait.ts';
import { ep_poll_safewake, ep_ptable_queue_proc } from './callback.ts';
import { lockLists, unlockLists, wakeWaiter } from './lock.ts';
import { isHalfSeen, touchHalf, touchReady, touchScan } from './looks.ts';
import { ep_call_nested } from './nested_calls.ts';
import { ep_item_poll, putBack, takeOverflow, wakesAtEnd } from './scan.ts';
import { EP_PRIVATE_BITS, type epitem, type eventpoll, statics } from './types.ts';
import { ep_pm_stay_awake, ep_wakeup_source } from './wakeup.ts';

/** What is done for the items of a scan; the result is that of the scan. */
type ScanProc = (ep: eventpoll, head: list_head<epitem>, priv: unknown) => Kernel<number>;

function* ep_scan_ready_list(
  ep: eventpoll,
  sproc: ScanProc,
  priv: unknown,
  depth: number,
  ep_locked: boolean,
): Kernel<number> {
  __fentry__('ep_scan_ready_list');
  lockdep_assert_irqs_enabled();
  const txlist = new list_head<epitem>(null);
  if (!ep_locked) yield mutex_lock_nested(ep.mtx, depth);
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
  const res = yield* sproc(ep, txlist, priv);
  const pwake = yield* closeScan(ep, txlist);
  if (!ep_locked) mutex_unlock(ep.mtx);
  if (pwake) yield* ep_poll_safewake(ep, null, 0);
  return res;
}

/** Puts back what came and what is left, and wakes a waiter; is who watches the epoll to be told? */
function* closeScan(ep: eventpoll, txlist: list_head<epitem>): Kernel<boolean> {
  yield lockLists(ep);
  ep.seq++;
  takeOverflow(ep, 'ep_scan_ready_list: from ovflist onto rdllist');
  // Race: false-negative. The scan is closed and what is left of it is not back yet.
  if (isHalfSeen(list_empty(ep.rdllist) && !list_empty(txlist))) yield ep.ready;
  putBack(ep, txlist);
  let pwake = false;
  if (wakesAtEnd(ep)) {
    if (waitqueue_active(ep.wq)) {
      traceNote('ep_scan_ready_list: something is left, the next waiter is woken', ep);
      yield* wakeWaiter(ep);
    }
    if (!current.kernel.patched['339ddb53d373']) {
      if (!current.kernel.alone) yield peekAt(ep.poll_wait);
      pwake = waitqueue_active(ep.poll_wait);
    }
  }
  unlockLists(ep);
  return pwake;
}

/** Is anything of the ready list ready? What is not falls out. */
function* ep_read_events_proc(
  _ep: eventpoll,
  head: list_head<epitem>,
  priv: unknown,
): Kernel<number> {
  __fentry__('ep_read_events_proc');
  const pt = init_poll_funcptr(null);
  const depth = (priv as number) + 1;
  let node = head.next;
  while (node !== head) {
    const epi = list_entry(node);
    if ((yield* ep_item_poll(epi, pt, depth)) !== 0) return EPOLLIN | EPOLLRDNORM;
    node = node.next;
    __pm_relax(ep_wakeup_source(epi));
    traceNote('ep_read_events_proc: not ready any more, off the list', epi, 'gone');
    list_del_init(epi.rdllink);
  }
  return 0;
}

/** Does the asker hold the mutex of the epoll that it asks? */
const lockedBy = (pt: poll_table | null): boolean => pt?._qproc === ep_ptable_queue_proc;

interface readyevents_arg {
  readonly ep: eventpoll;
  readonly locked: boolean;
}

function* ep_poll_readyevents_proc(
  priv: unknown,
  _cookie: object,
  call_nests: number,
): Kernel<number> {
  __fentry__('ep_poll_readyevents_proc');
  const { ep, locked } = priv as readyevents_arg;
  return yield* ep_scan_ready_list(ep, ep_read_events_proc, call_nests + 1, call_nests + 1, locked);
}

/** Is an epoll descriptor readable? Before 37b5e5212a44 each level of nesting was counted. */
export function* ep_eventpoll_poll(file: file, wait: poll_table | null): Kernel<number> {
  __fentry__('ep_eventpoll_poll');
  const ep = file.private_data as eventpoll;
  if (wait !== null && wait._qproc !== null) yield* poll_wait(file, ep.poll_wait, wait);
  if (current.kernel.patched['37b5e5212a44']) {
    return yield* ep_scan_ready_list(ep, ep_read_events_proc, 0, 0, false);
  }
  const arg: readyevents_arg = { ep, locked: lockedBy(wait) };
  const { poll_readywalk_ncalls } = statics();
  const pollflags = yield* ep_call_nested(
    poll_readywalk_ncalls,
    ep_poll_readyevents_proc,
    arg,
    ep,
    current,
  );
  return pollflags === -1 ? 0 : pollflags;
}

/** ep_item_poll() of an epoll. */
export function* pollInner(file: file, pt: poll_table, depth: number): Kernel<number> {
  if (!current.kernel.patched['37b5e5212a44']) return yield* ep_eventpoll_poll(file, pt);
  const ep = file.private_data as eventpoll;
  if (pt._qproc !== null) yield* poll_wait(file, ep.poll_wait, pt);
  return yield* ep_scan_ready_list(ep, ep_read_events_proc, depth, depth, lockedBy(pt));
}

/** Where events go, and how many went. */
interface ep_send_events_data {
  readonly maxevents: number;
  readonly events: EventBuffer;
  res: number;
}

function* ep_send_events_proc(
  ep: eventpoll,
  head: list_head<epitem>,
  priv: unknown,
): Kernel<number> {
  __fentry__('ep_send_events_proc');
  const esed = priv as ep_send_events_data;
  const { events } = esed;
  const { liberties, observer } = current.kernel;
  const pt = init_poll_funcptr(null);
  let node = head.next;
  while (node !== head && esed.res < esed.maxevents) {
    const epi = list_entry(node);
    node = node.next;
    const ws = ep_wakeup_source(epi);
    if (ws !== null) {
      if (ws.active) __pm_stay_awake(ep.ws);
      __pm_relax(ws);
    }
    list_del_init(epi.rdllink);
    const revents = yield* ep_item_poll(epi, pt, 1);
    if (revents === 0) {
      traceNote('ep_send_events_proc: not ready any more, off the list', epi, 'gone');
      continue;
    }
    traceFact('has', epi, revents);
    if (events.page !== null && !events.page.present) yield events.page.fault;
    if (!epoll_put_uevent(revents, epi.event.data, events)) {
      list_add(epi.rdllink, head);
      ep_pm_stay_awake(epi);
      if (esed.res === 0) esed.res = -EFAULT;
      return 0;
    }
    esed.res++;
    traceFact('told', epi, revents);
    if (observer !== null) observer.delivered(epi, revents);
    if (liberties !== null) liberties.told(epi);
    if ((epi.event.events & EPOLLONESHOT) !== 0) {
      // A callback reads the mask under ep->lock, which is not held here.
      if (!current.kernel.alone) yield ep.lists;
      traceNote('ep_send_events_proc: one shot, disarmed', epi, 'disarmed');
      writesTo(ep.identity);
      epi.event.events &= EP_PRIVATE_BITS;
    } else if ((epi.event.events & EPOLLET) === 0) {
      traceNote('ep_send_events_proc: level-triggered, back onto rdllist', epi, 'again');
      const wasEmpty = list_empty(ep.rdllist);
      list_add_tail(epi.rdllink, ep.rdllist);
      touchReady(ep, wasEmpty);
      ep_pm_stay_awake(epi);
    }
  }
  return 0;
}

/** Copies up to `maxevents` events to the user; how many, or -errno if none could be. */
export function* ep_send_events(
  ep: eventpoll,
  events: EventBuffer,
  maxevents: number,
): Kernel<number> {
  __fentry__('ep_send_events');
  const esed: ep_send_events_data = { maxevents, events, res: 0 };
  yield* ep_scan_ready_list(ep, ep_send_events_proc, esed, 0, false);
  return esed.res;
}
