/**
 * How items and instances end: EPOLL_CTL_DEL, close of the epoll, close of a watched file.
 * Linux: fs/eventpoll.c (__ep_remove, ep_remove_safe, ep_clear_and_put, eventpoll_release_file …).
 *
 * An instance lives as long as its file or one of its items. Close of the epoll and close of a
 * watched file may meet at one item: the second sets `dying` first, and then removes it alone.
 */
import { KernelBug, poison, WARN_ON_ONCE } from '../bug.ts';
import { current } from '../current.ts';
import { type file, file_ref_get, peekAtLinks, returnFile } from '../file.ts';
import { writesTo } from '../footprint.ts';
import { hlist_del_rcu, list_del_init, list_empty } from '../list.ts';
import { lockdep_assert_irqs_enabled } from '../lockdep.ts';
import { mutex_lock, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { wakeup_source_unregister } from '../power.ts';
import { RB_EMPTY_ROOT, rb_erase, rb_first, rb_next } from '../rbtree.ts';
import { call_rcu, rcu_read_lock, rcu_read_unlock } from '../rcu.ts';
import { refcount_dec_and_test, refcount_inc } from '../refcount.ts';
import { kmem_cache_free } from '../slab.ts';
import { spin_lock, spin_unlock } from '../spinlock.ts';
import { __fentry__, traceFact, traceNote } from '../trace.ts';
import { peekAt, waitqueue_active } from '../wait.ts';
import { ep_resume_napi_irqs } from './busy_poll.ts';
import { ep_poll_safewake, ep_unregister_pollwait } from './callback.ts';
import { is_file_epoll } from './file.ts';
import { lockLists, unlockLists } from './lock.ts';
import { touchReady } from './looks.ts';
import {
  ep_is_linked,
  type epitem,
  type epitems_head,
  type eventpoll,
  headOf,
  statics,
  touchWatches,
} from './types.ts';
import { ep_wakeup_source } from './wakeup.ts';

export const ep_get = (ep: eventpoll): void => refcount_inc(ep.refcount);

/** Drops a reference; true if the instance can be freed. */
export function ep_refcount_dec_and_test(ep: eventpoll): boolean {
  if (!refcount_dec_and_test(ep.refcount)) return false;
  WARN_ON_ONCE(!RB_EMPTY_ROOT(ep.rbr), 'an eventpoll is freed with items in its tree');
  return true;
}

export function ep_free(ep: eventpoll): void {
  ep_resume_napi_irqs(ep);
  wakeup_source_unregister(ep.ws);
  // Who walks up the paths under RCU can stand on it until 07712db80857 waits for that.
  if (current.kernel.patched['07712db80857']) call_rcu(() => markFreed(ep));
  else markFreed(ep);
}

/** From here on whoever uses the instance is caught. */
export function markFreed(ep: eventpoll): void {
  writesTo(ep.identity);
  ep.freed = true;
  if (ep.rwlock !== null) ep.rwlock.freed = true;
  ep.mtx.freed = true;
  ep.lock.freed = true;
  ep.wq.lock.freed = true;
  ep.poll_wait.lock.freed = true;
}

export function free_ephead(head: epitems_head | null): void {
  if (head === null) return;
  if (head.freed) throw new KernelBug('use after free', 'an epitems_head is freed twice');
  head.freed = true;
  kmem_cache_free(statics().ephead_cache);
}

/** Removes an item. Called with mtx held; true if that dropped a reference of the instance. */
export function* __ep_remove(ep: eventpoll, epi: epitem, force: boolean): Kernel<boolean> {
  __fentry__('__ep_remove');
  const { file } = epi.ffd;
  lockdep_assert_irqs_enabled();
  yield* ep_unregister_pollwait(epi);
  // Since a6dc643c6931 the file stays while its lock is used; `dying` says no more than the pin.
  const pins = current.kernel.patched.a6dc643c6931 && !force;
  if (pins && !current.kernel.alone) yield peekAtLinks(file); // The count is read without a lock.
  if (pins && !file_ref_get(file)) {
    traceNote('__ep_remove: dying, left to eventpoll_release_file()', epi);
    return false;
  }
  enterSection();
  yield spin_lock(file.f_lock);
  if (epi.dying && !force && !pins) {
    traceNote('__ep_remove: dying, left to eventpoll_release_file()', epi);
    spin_unlock(file.f_lock);
    leaveSection();
    return false;
  }
  const to_free = yield* detachItem(file, epi);
  spin_unlock(file.f_lock);
  leaveSection();
  free_ephead(to_free);
  yield* forgetItem(ep, epi);
  if (pins) returnFile(file);
  return true;
}

/** Before 0ede61d8589c a file outlived whoever held a spinlock, as a grace period does. */
export function enterSection(): void {
  if (!current.kernel.patched['0ede61d8589c']) rcu_read_lock();
}
export function leaveSection(): void {
  if (!current.kernel.patched['0ede61d8589c']) rcu_read_unlock();
}

/** Takes an item that no file has any more out of its instance, and frees it. */
export function* forgetItem(ep: eventpoll, epi: epitem): Kernel<void> {
  rb_erase(ep.rbr, epi);
  traceFact('removed', epi);
  yield lockLists(ep);
  const wasEmpty = list_empty(ep.rdllist);
  if (ep_is_linked(epi)) list_del_init(epi.rdllink);
  touchReady(ep, wasEmpty);
  unlockLists(ep);
  wakeup_source_unregister(ep_wakeup_source(epi));
  const { epi_cache } = statics();
  call_rcu(() => {
    epi.freed = true;
    epi.ep = poison('epitem');
    kmem_cache_free(epi_cache);
  });
  touchWatches(ep.user);
  ep.user.epoll_watches--;
}

/** Unlinks the item from its file; what is to be freed when that was the last of the file. */
export function* detachItem(file: file, epi: epitem): Kernel<epitems_head | null> {
  let to_free: epitems_head | null = null;
  const head = file.f_ep;
  if (head !== null && head.first === epi.fllink && epi.fllink.next === null) {
    file.f_ep = null;
    // Race: bad-epoll. A last fput() that looks now finds no watcher and closes the file under us.
    if (!current.kernel.alone) yield peekAtLinks(file);
    if (is_file_epoll(file)) useEpoll(file.private_data as eventpoll); // The head is in there.
    const v = headOf(head);
    if (v !== null && v.next === null) to_free = v; // Else unlist_file() frees it.
  }
  hlist_del_rcu(epi.fllink);
  return to_free;
}

/** What was read under no lock that keeps it from being freed. */
export function useEpoll(ep: eventpoll): eventpoll {
  if (ep.freed) throw new KernelBug('use after free', `eventpoll, by ${current.comm}`);
  return ep;
}

/** Removes an item for a caller that holds another reference of the instance. */
export function* ep_remove_safe(ep: eventpoll, epi: epitem): Kernel<void> {
  if (yield* __ep_remove(ep, epi, false)) {
    WARN_ON_ONCE(
      ep_refcount_dec_and_test(ep),
      'the last reference of an eventpoll went with an item',
    );
  }
}

/** Close of the epoll file: wakes who polls it, removes all items, drops the file's reference. */
export function* ep_clear_and_put(ep: eventpoll): Kernel<void> {
  __fentry__('ep_clear_and_put');
  if (!current.kernel.alone) yield peekAt(ep.poll_wait);
  if (waitqueue_active(ep.poll_wait)) yield* ep_poll_safewake(ep, null, 0);
  yield mutex_lock(ep.mtx);
  for (let epi = rb_first(ep.rbr); epi !== null; epi = rb_next(ep.rbr, epi)) {
    yield* ep_unregister_pollwait(epi);
  }
  // No callback is under way any more. An item that its dying file removes is left alone.
  for (let epi = rb_first(ep.rbr); epi !== null; ) {
    const next = rb_next(ep.rbr, epi);
    yield* ep_remove_safe(ep, epi);
    epi = next;
  }
  yield* unlockAndPut(ep, true);
}

/** Gives the mutex back, and the reference that the caller had. */
function* unlockAndPut(ep: eventpoll, put: boolean): Kernel<void> {
  if (current.kernel.patched['8c2e52ebbe88']) {
    mutex_unlock(ep.mtx);
    if (put && ep_refcount_dec_and_test(ep)) ep_free(ep);
    return;
  }
  // With the reference went the guarantee that the mutex is there until mutex_unlock() is done
  // with it: another task can take it, and free it, before that.
  const dispose = put && ep_refcount_dec_and_test(ep);
  mutex_unlock(ep.mtx);
  if (!current.kernel.alone) yield ep.lists;
  if (ep.mtx.freed) {
    throw new KernelBug('use after free', `${current.comm} is still unlocking ep->mtx`);
  }
  if (dispose) ep_free(ep);
}

/** The last reference of a watched file is gone: removes its items, one instance after the other. */
export function* eventpoll_release_file(file: file): Kernel<void> {
  __fentry__('eventpoll_release_file');
  for (;;) {
    yield spin_lock(file.f_lock);
    const first = file.f_ep?.first ?? null;
    if (first === null) break;
    const epi = first.owner;
    epi.dying = true;
    spin_unlock(file.f_lock);
    // The item holds a reference of its instance, so that stays until the item is removed.
    const { ep } = epi;
    yield mutex_lock(ep.mtx);
    const dispose = yield* __ep_remove(ep, epi, true);
    yield* unlockAndPut(ep, dispose);
  }
  spin_unlock(file.f_lock);
}
