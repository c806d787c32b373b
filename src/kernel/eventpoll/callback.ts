/**
 * What runs when a watched file wakes its wait queue, and how an item gets onto that queue.
 * Linux: fs/eventpoll.c (ep_poll_callback, ep_ptable_queue_proc, ep_poll_safewake,
 * ep_remove_wait_queue, ep_unregister_pollwait).
 */
import { KernelBug } from '../bug.ts';
import { current } from '../current.ts';
import type { file } from '../file.ts';
import { looksAt, neededNot, onlyLookedUnder, writesTo } from '../footprint.ts';
import { list_del_init, list_empty } from '../list.ts';
import type { Kernel } from '../op.ts';
import type { poll_table } from '../poll.ts';
import { rcu_read_lock, rcu_read_unlock } from '../rcu.ts';
import { kmem_cache_alloc, kmem_cache_free } from '../slab.ts';
import { spin_lock_irqsave_nested, spin_unlock_irqrestore } from '../spinlock.ts';
import { __fentry__, traceFact, traceNote } from '../trace.ts';
import { EPOLL_URING_WAKE, EPOLLIN, EPOLLOUT } from '../uapi/eventpoll.ts';
import { POLLFREE } from '../uapi/poll.ts';
import {
  add_wait_queue,
  add_wait_queue_exclusive,
  peekAt,
  remove_wait_queue,
  type wait_queue_entry,
  type wait_queue_head,
  waitqueue_active,
  wake_up_locked_poll,
} from '../wait.ts';
import { ep_set_busy_poll_napi_id } from './busy_poll.ts';
import { is_file_epoll } from './file.ts';
import { lockCallback, unlockCallback, wakeWaiter } from './lock.ts';
import { queueItemLockless } from './lockless.ts';
import { appendReady, isSeen } from './looks.ts';
import { ep_call_nested } from './nested_calls.ts';
import {
  EP_PRIVATE_BITS,
  EP_UNACTIVE_PTR,
  EPOLLINOUT_BITS,
  ep_is_linked,
  ep_item_from_wait,
  type ep_pqueue,
  ep_pwq_from_wait,
  type epitem,
  eppoll_entry,
  type eventpoll,
  isExclusive,
  statics,
} from './types.ts';
import { ep_pm_stay_awake_rcu } from './wakeup.ts';

/**
 * Called under the lock of the file's wait queue, in any context: queues the item and wakes whoever
 * waits in the instance or watches it. The result matters to an exclusive entry only: 1 ends the
 * walk over the queue.
 */
export function* ep_poll_callback(
  wait: wait_queue_entry,
  _mode: number,
  sync: number,
  pollflags: number,
): Kernel<number> {
  __fentry__('ep_poll_callback');
  const epi = ep_item_from_wait(wait);
  const { ep } = epi;
  if ((pollflags & POLLFREE) !== 0 && !current.kernel.patched['138e4ad67afd']) {
    yield* letGoFirst(wait);
  }
  let passes = false;
  let changed = false;
  let pwake = false;
  let ewake = 0;
  yield lockCallback(ep);
  ep_set_busy_poll_napi_id(epi);
  looksAt(ep.identity);
  const { events } = epi.event;
  if ((events & ~EP_PRIVATE_BITS) === 0) {
    traceNote('ep_poll_callback: disabled, its one shot is spent', epi, 'disabled', pollflags);
  } else if (pollflags !== 0 && (pollflags & events) === 0) {
    traceNote('ep_poll_callback: the key has nothing of the mask', epi, 'masked', pollflags);
  } else {
    passes = true;
    current.kernel.observer?.notified?.(epi, ep_pwq_from_wait(wait).whead);
    const scanned = ep.ovflist !== EP_UNACTIVE_PTR;
    const fills = !scanned && list_empty(ep.rdllist);
    changed = scanned ? epi.next === EP_UNACTIVE_PTR : !ep_is_linked(epi);
    if (ep.rwlock === null) queueItem(ep, epi, pollflags);
    else yield* queueItemLockless(ep, epi, pollflags);
    // Before 0c54a6a44bf3 whoever scanned was to do the waking.
    const silent = scanned && !current.kernel.patched['0c54a6a44bf3'];
    if (ep.rwlock !== null && !current.kernel.alone) yield peekAt(ep.wq); // Others wake as well.
    const wakes = !silent && waitqueue_active(ep.wq);
    if (wakes) {
      changed = true;
      if (isExclusive(events) && (pollflags & POLLFREE) === 0) {
        ewake = exclusiveWake(events, pollflags);
      }
      yield* wakeWaiter(ep, sync);
    }
    if (isSeen(ep, fills || wakes)) yield peekAt(ep.poll_wait);
    else looksAt(ep.poll_wait.identity);
    pwake = !silent && waitqueue_active(ep.poll_wait);
  }
  if (!passes) neededNot(ep.lock);
  else if (!changed && ep.rwlock === null) onlyLookedUnder(ep.lock);
  unlockCallback(ep);
  if (pwake) yield* ep_poll_safewake(ep, epi, pollflags & EPOLL_URING_WAKE);
  if (!isExclusive(events)) ewake = 1;
  if ((pollflags & POLLFREE) !== 0 && ep_pwq_from_wait(wait).whead !== null) {
    // Once whead is null nothing keeps the item alive: whoever removes it no longer waits for us.
    list_del_init(wait.entry);
    if (!current.kernel.patched['971316f0503a']) writesTo(ep.identity);
    ep_pwq_from_wait(wait).whead = null;
  }
  return ewake;
}

/**
 * Before 138e4ad67afd POLLFREE let go of the queue first: whoever removes the item from here on does
 * not wait for the callback, and frees what it goes on to use.
 */
function* letGoFirst(wait: wait_queue_entry): Kernel<void> {
  const pwq = ep_pwq_from_wait(wait);
  const { ep } = pwq.base;
  writesTo(ep.identity);
  pwq.whead = null;
  if (!current.kernel.alone) yield ep.lists;
  if (pwq.freed) throw new KernelBug('use after free', `eppoll_entry, by ${current.comm}`);
  list_del_init(wait.entry);
}

/** Onto ovflist while a scan is open, else onto rdllist; nothing if it is there already. */
function queueItem(ep: eventpoll, epi: epitem, pollflags: number): void {
  if (ep.ovflist !== EP_UNACTIVE_PTR) {
    if (epi.next !== EP_UNACTIVE_PTR) {
      traceFact('queued already', epi, pollflags);
      return;
    }
    traceNote('ep_poll_callback: onto ovflist', epi, 'overflowed', pollflags);
    epi.next = ep.ovflist;
    ep.ovflist = epi;
    ep_pm_stay_awake_rcu(epi);
  } else if (!ep_is_linked(epi)) {
    traceNote('ep_poll_callback: onto rdllist', epi, 'queued', pollflags);
    appendReady(ep, epi);
    ep_pm_stay_awake_rcu(epi);
  } else {
    traceNote('ep_poll_callback: queued already', epi, 'queued already', pollflags);
  }
}

/** Does the wakeup count for an exclusive item? Not if it announces reading and writing at once. */
function exclusiveWake(events: number, pollflags: number): number {
  const key = pollflags & EPOLLINOUT_BITS;
  if (key === EPOLLIN) return events & EPOLLIN ? 1 : 0;
  if (key === EPOLLOUT) return events & EPOLLOUT ? 1 : 0;
  return key === 0 ? 1 : 0;
}

/** Wakes whoever polls or watches the epoll descriptor; `epi` is null outside a callback. */
export function* ep_poll_safewake(
  ep: eventpoll,
  epi: epitem | null,
  pollflags: number,
): Kernel<void> {
  __fentry__('ep_poll_safewake');
  if (!current.kernel.patched['57a173bdf5ba']) {
    const { poll_safewake_ncalls } = statics();
    yield* ep_call_nested(poll_safewake_ncalls, ep_poll_wakeup_proc, ep, ep.poll_wait, current.cpu);
    return;
  }
  let nests = 0;
  if (epi !== null) {
    const { file } = epi.ffd;
    nests = is_file_epoll(file) ? (file.private_data as eventpoll).nests : 1;
  }
  yield spin_lock_irqsave_nested(ep.poll_wait.lock, nests);
  ep.nests = nests + 1;
  yield* wake_up_locked_poll(ep.poll_wait, EPOLLIN | pollflags);
  ep.nests = 0;
  spin_unlock_irqrestore(ep.poll_wait.lock);
}

/** One level of a wakeup that climbs from epoll to epoll, before 57a173bdf5ba. */
function* ep_poll_wakeup_proc(_priv: unknown, cookie: object, call_nests: number): Kernel<number> {
  __fentry__('ep_poll_wakeup_proc');
  const wqueue = cookie as wait_queue_head;
  yield spin_lock_irqsave_nested(wqueue.lock, call_nests + 1);
  yield* wake_up_locked_poll(wqueue, EPOLLIN);
  spin_unlock_irqrestore(wqueue.lock);
  return 0;
}

/** Called by the file's poll method for each wait queue that can announce its events. */
export function* ep_ptable_queue_proc(
  _file: file,
  whead: wait_queue_head,
  pt: poll_table,
): Kernel<void> {
  const { epi } = pt.owner as ep_pqueue;
  if (epi === null) return;
  const pwq = kmem_cache_alloc(statics().pwq_cache, new eppoll_entry(epi, whead, ep_poll_callback));
  traceNote('ep_ptable_queue_proc: onto the wait queue of its file', epi);
  if (isExclusive(epi.event.events)) yield* add_wait_queue_exclusive(whead, pwq.wait);
  else yield* add_wait_queue(whead, pwq.wait);
  pwq.next = epi.pwqlist;
  epi.pwqlist = pwq;
}

/** Takes an entry off its queue, waiting for a callback that runs; nothing if POLLFREE was first. */
function* ep_remove_wait_queue(pwq: eppoll_entry): Kernel<void> {
  // Without 971316f0503a the queue can end between the look at it and the lock in it.
  const safe = current.kernel.patched['971316f0503a'];
  if (safe) rcu_read_lock();
  // With both fixes whoever finds the queue, and then an empty one, is none the wiser.
  if (!safe || !current.kernel.patched['138e4ad67afd']) looksAt(pwq.base.ep.identity);
  const { whead } = pwq;
  if (whead !== null) yield* remove_wait_queue(whead, pwq.wait);
  if (safe) rcu_read_unlock();
}

/** Takes an item off all wait queues. Called with ep->mtx held. */
export function* ep_unregister_pollwait(epi: epitem): Kernel<void> {
  for (let pwq = epi.pwqlist; pwq !== null; pwq = epi.pwqlist) {
    epi.pwqlist = pwq.next;
    traceNote('ep_unregister_pollwait: off the wait queue of its file', epi);
    yield* ep_remove_wait_queue(pwq);
    if (!current.kernel.patched['138e4ad67afd']) writesTo(epi.ep.identity);
    pwq.freed = true;
    kmem_cache_free(statics().pwq_cache);
  }
}
