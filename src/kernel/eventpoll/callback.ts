/**
 * What runs when a watched file wakes its wait queue, and how an item gets onto that queue.
 * Linux: fs/eventpoll.c (ep_poll_callback, ep_ptable_queue_proc, ep_poll_safewake,
 * ep_remove_wait_queue, ep_unregister_pollwait).
 */
import { current } from '../current.ts';
import type { file } from '../file.ts';
import { list_add_tail, list_del_init } from '../list.ts';
import type { Kernel } from '../op.ts';
import type { poll_table } from '../poll.ts';
import { rcu_read_lock, rcu_read_unlock } from '../rcu.ts';
import { WF_SYNC } from '../sched.ts';
import { kmem_cache_alloc, kmem_cache_free } from '../slab.ts';
import { spin_lock_irqsave_nested, spin_unlock_irqrestore } from '../spinlock.ts';
import { __fentry__, traceNote } from '../trace.ts';
import { EPOLL_URING_WAKE, EPOLLEXCLUSIVE, EPOLLIN, EPOLLOUT } from '../uapi/eventpoll.ts';
import { POLLFREE } from '../uapi/poll.ts';
import {
  add_wait_queue,
  add_wait_queue_exclusive,
  peekAt,
  remove_wait_queue,
  type wait_queue_entry,
  type wait_queue_head,
  waitqueue_active,
  wake_up,
  wake_up_locked_poll,
  wake_up_sync,
} from '../wait.ts';
import { ep_set_busy_poll_napi_id } from './busy_poll.ts';
import { is_file_epoll } from './file.ts';
import { lockCallback, unlockCallback } from './lock.ts';
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
  let pwake = false;
  let ewake = 0;
  yield lockCallback(ep);
  ep_set_busy_poll_napi_id(epi);
  const { events } = epi.event;
  if ((events & ~EP_PRIVATE_BITS) === 0) {
    traceNote('ep_poll_callback: disabled, its one shot is spent', epi);
  } else if (pollflags !== 0 && (pollflags & events) === 0) {
    traceNote('ep_poll_callback: the key has nothing of the mask', epi);
  } else {
    const scanned = ep.ovflist !== EP_UNACTIVE_PTR;
    queueItem(ep, epi);
    // Before 0c54a6a44bf3 whoever scanned was to do the waking.
    const silent = scanned && !current.kernel.patched['0c54a6a44bf3'];
    if (!silent && waitqueue_active(ep.wq)) {
      if ((events & EPOLLEXCLUSIVE) !== 0 && (pollflags & POLLFREE) === 0) {
        ewake = exclusiveWake(events, pollflags);
      }
      if ((sync & WF_SYNC) !== 0) yield* wake_up_sync(ep.wq);
      else yield* wake_up(ep.wq);
    }
    if (!current.kernel.alone) yield peekAt(ep.poll_wait);
    pwake = !silent && waitqueue_active(ep.poll_wait);
  }
  unlockCallback(ep);
  if (pwake) yield* ep_poll_safewake(ep, epi, pollflags & EPOLL_URING_WAKE);
  if ((events & EPOLLEXCLUSIVE) === 0) ewake = 1;
  if ((pollflags & POLLFREE) !== 0) {
    // Once whead is null nothing keeps the item alive: whoever removes it no longer waits for us.
    list_del_init(wait.entry);
    ep_pwq_from_wait(wait).whead = null;
  }
  return ewake;
}

/** Onto ovflist while a scan is open, else onto rdllist; nothing if it is there already. */
function queueItem(ep: eventpoll, epi: epitem): void {
  if (ep.ovflist !== EP_UNACTIVE_PTR) {
    if (epi.next !== EP_UNACTIVE_PTR) return;
    traceNote('ep_poll_callback: onto ovflist', epi);
    epi.next = ep.ovflist;
    ep.ovflist = epi;
    ep_pm_stay_awake_rcu(epi);
  } else if (!ep_is_linked(epi)) {
    traceNote('ep_poll_callback: onto rdllist', epi);
    list_add_tail(epi.rdllink, ep.rdllist);
    ep_pm_stay_awake_rcu(epi);
  } else {
    traceNote('ep_poll_callback: queued already', epi);
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
  if ((epi.event.events & EPOLLEXCLUSIVE) !== 0) yield* add_wait_queue_exclusive(whead, pwq.wait);
  else yield* add_wait_queue(whead, pwq.wait);
  pwq.next = epi.pwqlist;
  epi.pwqlist = pwq;
}

/** Takes an entry off its queue, waiting for a callback that runs; nothing if POLLFREE was first. */
function* ep_remove_wait_queue(pwq: eppoll_entry): Kernel<void> {
  rcu_read_lock();
  const { whead } = pwq;
  if (whead !== null) yield* remove_wait_queue(whead, pwq.wait);
  rcu_read_unlock();
}

/** Takes an item off all wait queues. Called with ep->mtx held. */
export function* ep_unregister_pollwait(epi: epitem): Kernel<void> {
  for (let pwq = epi.pwqlist; pwq !== null; pwq = epi.pwqlist) {
    epi.pwqlist = pwq.next;
    traceNote('ep_unregister_pollwait: off the wait queue of its file', epi);
    yield* ep_remove_wait_queue(pwq);
    kmem_cache_free(statics().pwq_cache);
  }
}
