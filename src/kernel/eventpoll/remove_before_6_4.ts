/**
 * How items and instances ended before 58c9b016e128 (6.4): closing an epoll and closing a file that
 * is watched excluded one another by a mutex for all of the system. Linux: fs/eventpoll.c of 4.4 to
 * 6.3 (ep_remove, ep_free, eventpoll_release_file).
 *
 * EPOLL_CTL_DEL took ep->mtx alone, so it could meet who walked over files under epmutex.
 */
import { KernelBug } from '../bug.ts';
import { current } from '../current.ts';
import type { file } from '../file.ts';
import type { hlist_node } from '../list.ts';
import { lockdep_assert_irqs_enabled } from '../lockdep.ts';
import { mutex_lock, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { wakeup_source_unregister } from '../power.ts';
import { rb_first, rb_next } from '../rbtree.ts';
import { spin_lock, spin_unlock } from '../spinlock.ts';
import { __fentry__ } from '../trace.ts';
import { peekAt, waitqueue_active } from '../wait.ts';
import { ep_poll_safewake, ep_unregister_pollwait } from './callback.ts';
import {
  detachItem,
  enterSection,
  forgetItem,
  free_ephead,
  leaveSection,
  markFreed,
} from './remove.ts';
import { type epitem, type eventpoll, statics } from './types.ts';

/** Removes an item. Called with mtx held. */
export function* ep_remove(ep: eventpoll, epi: epitem): Kernel<void> {
  __fentry__('ep_remove');
  const { file } = epi.ffd;
  lockdep_assert_irqs_enabled();
  yield* ep_unregister_pollwait(epi);
  enterSection();
  yield spin_lock(file.f_lock);
  const to_free = yield* detachItem(file, epi);
  spin_unlock(file.f_lock);
  leaveSection();
  free_ephead(to_free);
  yield* forgetItem(ep, epi);
}

/** Close of the epoll file: wakes who polls it, removes all items, and frees it. */
export function* ep_free(ep: eventpoll): Kernel<void> {
  __fentry__('ep_free');
  const { epmutex } = statics();
  if (!current.kernel.alone) yield peekAt(ep.poll_wait);
  if (waitqueue_active(ep.poll_wait)) yield* ep_poll_safewake(ep, null, 0);
  yield mutex_lock(epmutex);
  for (let epi = rb_first(ep.rbr); epi !== null; epi = rb_next(ep.rbr, epi)) {
    yield* ep_unregister_pollwait(epi);
  }
  // No callback is under way any more.
  yield mutex_lock(ep.mtx);
  for (let epi = rb_first(ep.rbr); epi !== null; epi = rb_first(ep.rbr)) yield* ep_remove(ep, epi);
  mutex_unlock(ep.mtx);
  mutex_unlock(epmutex);
  wakeup_source_unregister(ep.ws);
  markFreed(ep);
}

/** The last reference of a watched file is gone: removes its items, one instance after the other. */
export function* eventpoll_release_file(file: file): Kernel<void> {
  __fentry__('eventpoll_release_file');
  const { epmutex } = statics();
  yield mutex_lock(epmutex);
  let node = file.f_ep?.first ?? null;
  while (node !== null) {
    const { owner, next } = node;
    const { ep } = owner;
    yield mutex_lock(ep.mtx);
    yield* ep_remove(ep, owner);
    mutex_unlock(ep.mtx);
    node = current.kernel.patched.ebe06187bf2a ? next : nextOfFreed(owner);
  }
  mutex_unlock(epmutex);
}

/** Before ebe06187bf2a the way to the next item led through the one that was freed. */
function nextOfFreed(epi: epitem): hlist_node<epitem> | null {
  if (epi.freed) throw new KernelBug('use after free', `epitem, by ${current.comm}`);
  return epi.fllink.next;
}
