/**
 * epoll_ctl: items are added, changed and removed. Linux: fs/eventpoll.c (do_epoll_ctl, ep_insert,
 * ep_modify, ep_find, attach_epitem).
 */

import { smp_mb } from '../barrier.ts';
import { current } from '../current.ts';
import { fdget, type file, fput, peekAtLinks } from '../file.ts';
import { looksAt } from '../footprint.ts';
import { hlist_add_head_rcu, type hlist_head } from '../list.ts';
import { lockdep_assert_irqs_enabled } from '../lockdep.ts';
import { type mutex, mutex_lock_nested, mutex_trylock, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { file_can_poll, init_poll_funcptr } from '../poll.ts';
import { rb_add, rb_find, rb_first, rb_next } from '../rbtree.ts';
import { kmem_cache_alloc } from '../slab.ts';
import { spin_lock, spin_unlock } from '../spinlock.ts';
import { storeLate } from '../store_buffer.ts';
import { __fentry__, traceFact, traceNote } from '../trace.ts';
import type { epoll_data_t, epoll_event } from '../uaccess.ts';
import { EAGAIN, EBADF, EEXIST, EINVAL, ELOOP, ENOENT, ENOSPC, EPERM } from '../uapi/errno.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLERR,
  EPOLLHUP,
  EPOLLWAKEUP,
} from '../uapi/eventpoll.ts';
import { peekAt, waitqueue_active } from '../wait.ts';
import * as before511 from './before_5_11.ts';
import { ep_set_busy_poll_napi_id } from './busy_poll.ts';
import { ep_poll_safewake, ep_ptable_queue_proc } from './callback.ts';
import { is_file_epoll } from './file.ts';
import { lockLists, unlockLists, wakeWaiter } from './lock.ts';
import { appendReady } from './looks.ts';
import {
  clear_tfile_check_list,
  ep_loop_check,
  list_file,
  reverse_path_check,
} from './loop_check.ts';
import { ep_get, ep_remove_safe, free_ephead } from './remove.ts';
import { ep_remove } from './remove_before_6_4.ts';
import { ep_item_poll } from './scan.ts';
import {
  EPOLLEXCLUSIVE_OK_BITS,
  ep_is_linked,
  type ep_pqueue,
  epitem,
  epitems_head,
  type eventpoll,
  type ItemKey,
  isExclusive,
  nestedMutex,
  statics,
  touchWatches,
} from './types.ts';
import {
  ep_create_wakeup_source,
  ep_destroy_wakeup_source,
  ep_has_wakeup_source,
  ep_pm_stay_awake,
  ep_take_care_of_epollwakeup,
} from './wakeup.ts';

/** Does the operation come with an event? An unknown one does. */
export const ep_op_has_event = (op: number): boolean => op !== EPOLL_CTL_DEL;

/** The key to look up: only the file and the number count. */
const ep_set_ffd = ({ address }: file, fd: number): ItemKey => ({ address, fd });

/** The item of an open file under a number, or null. Called with mtx held. */
export function ep_find(ep: eventpoll, file: file, fd: number): epitem | null {
  const found = current.kernel.exact ? undefined : findInShortList(ep, file, fd);
  return found === undefined ? rb_find(ep.rbr, ep_set_ffd(file, fd)) : found;
}

/**
 * Ours: as ep_find(), by the file's own list, where a large tree costs a miss of the caches a level.
 * Undefined if the list is long. Not for a checker, who would see a look at what f_lock guards.
 */
function findInShortList(ep: eventpoll, file: file, fd: number): epitem | null | undefined {
  let node = file.f_ep?.first ?? null;
  for (let left = 4; node !== null; node = node.next) {
    const epi = node.owner;
    if (epi.ep === ep && epi.fd === fd) return epi;
    if (--left === 0) return undefined;
  }
  return null;
}

/** The `toff`-th item that was added as `tfd`, whatever its file. Called with mtx held. */
export function ep_find_tfd(ep: eventpoll, tfd: number, toff: number): epitem | null {
  let skip = toff;
  for (let epi = rb_first(ep.rbr); epi !== null; epi = rb_next(ep.rbr, epi)) {
    if (epi.ffd.fd === tfd && skip-- === 0) return epi;
  }
  return null;
}

/** What kcmp(2) compares: the file of the `toff`-th item that was added as `tfd`, or -errno. */
export function* get_epoll_tfile_raw_ptr(
  file: file,
  tfd: number,
  toff: number,
): Kernel<file | number> {
  if (!is_file_epoll(file)) return -EINVAL;
  const ep = file.private_data as eventpoll;
  yield mutex_lock_nested(ep.mtx, 0);
  const epi = ep_find_tfd(ep, tfd, toff);
  mutex_unlock(ep.mtx);
  return epi === null ? -ENOENT : epi.ffd.file;
}

const ep_rbtree_insert = (ep: eventpoll, epi: epitem): void => rb_add(ep.rbr, epi);

/** Links the item into the list of those that watch its file. */
function* attach_epitem(file: file, epi: epitem): Kernel<void> {
  let to_free: epitems_head | null = null;
  let head: hlist_head<epitem> | null = null;
  if (is_file_epoll(file)) {
    head = (file.private_data as eventpoll).refs;
  } else {
    if (!current.kernel.alone) yield peekAtLinks(file);
    if (file.f_ep === null) to_free = newHead();
  }
  yield spin_lock(file.f_lock);
  if (file.f_ep === null && head === null && to_free === null) {
    spin_unlock(file.f_lock); // The last item has gone since we looked.
    to_free = newHead();
    yield spin_lock(file.f_lock);
  }
  if (file.f_ep === null) {
    file.f_ep = head ?? (to_free as epitems_head).epitems;
    to_free = null;
  }
  hlist_add_head_rcu(epi.fllink, file.f_ep);
  spin_unlock(file.f_lock);
  free_ephead(to_free); // Somebody else was quicker.
}

const newHead = (): epitems_head => kmem_cache_alloc(statics().ephead_cache, new epitems_head());

/** Adds an item; 0 or -errno. Called with mtx held; callbacks may come before it returns. */
function* ep_insert(
  ep: eventpoll,
  event: epoll_event,
  tfile: file,
  fd: number,
  full_check: boolean,
): Kernel<number> {
  __fentry__('ep_insert');
  const tep = is_file_epoll(tfile) ? (tfile.private_data as eventpoll) : null;
  lockdep_assert_irqs_enabled();
  const { patched } = current.kernel;
  touchWatches(ep.user);
  if (ep.user.epoll_watches >= statics().max_user_watches) return -ENOSPC;
  // Before 1e1c15839df0 others could still find room that this item is about to take.
  if (patched['1e1c15839df0']) ep.user.epoll_watches++;
  const epi = kmem_cache_alloc(statics().epi_cache, new epitem(ep, tfile, fd, event));
  // Before f8d4f44df056 callbacks came by paths that may be refused.
  const early = patched.f8d4f44df056 ? null : yield* pollNew(epi);
  if (tep !== null) yield mutex_lock_nested(tep.mtx, 1);
  yield* attach_epitem(tfile, epi);
  if (full_check && tep === null) list_file(tfile);
  if (!patched['1e1c15839df0']) ep.user.epoll_watches++;
  ep_rbtree_insert(ep, epi);
  traceFact('added', epi, event.events);
  if (tep !== null) mutex_unlock(tep.mtx);
  ep_get(ep);
  if (full_check && (yield* reverse_path_check()) !== 0) {
    yield* removeItem(ep, epi);
    return -EINVAL;
  }
  if ((event.events & EPOLLWAKEUP) !== 0) ep_create_wakeup_source(epi);
  const revents = early ?? (yield* pollNew(epi));
  traceFact('polled', epi, revents);
  yield lockLists(ep);
  ep_set_busy_poll_napi_id(epi);
  const pwake = revents !== 0 && (yield* queueReadyItem(ep, epi, 'ep_insert: ready, onto rdllist'));
  unlockLists(ep);
  if (pwake) yield* ep_poll_safewake(ep, null, 0);
  return 0;
}

/** Puts a new item onto the wait queues of its file; what is ready of it. */
export function* pollNew(epi: epitem): Kernel<number> {
  const epq: ep_pqueue = { pt: init_poll_funcptr(ep_ptable_queue_proc), epi };
  epq.pt.owner = epq;
  return yield* ep_item_poll(epi, epq.pt, 1);
}

/** Removes an item, in the way of the kernel that is modelled. Called with mtx held. */
export const removeItem = (ep: eventpoll, epi: epitem): Kernel<void> =>
  current.kernel.patched['58c9b016e128'] ? ep_remove_safe(ep, epi) : ep_remove(ep, epi);

/** Queues an item that was found ready, unless a callback did; is anybody to be told outside the lock? */
export function* queueReadyItem(ep: eventpoll, epi: epitem, why: string): Kernel<boolean> {
  looksAt(ep.identity);
  if (ep_is_linked(epi)) return false;
  traceNote(why, epi, 'found');
  current.kernel.observer?.notified?.(epi, null);
  appendReady(ep, epi);
  ep_pm_stay_awake(epi);
  if (ep.rwlock !== null && !current.kernel.alone) yield peekAt(ep.wq); // See 1b53734bd0b2.
  if (waitqueue_active(ep.wq)) yield* wakeWaiter(ep);
  if (!current.kernel.alone) yield peekAt(ep.poll_wait);
  return waitqueue_active(ep.poll_wait);
}

function setEvent(epi: epitem, { events, data }: epoll_event): void {
  epi.event.events = events;
  epi.event.data = data;
}

/** Changes mask and data, and queues the item if it is ready now. Called with mtx held. */
function* ep_modify(ep: eventpoll, epi: epitem, event: epoll_event): Kernel<number> {
  __fentry__('ep_modify');
  lockdep_assert_irqs_enabled();
  // A callback reads the mask under ep->lock, which is not held: it sees the old or the new one.
  if (!current.kernel.alone) yield ep.lists;
  storeLate(ep, setEvent, epi, event);
  traceFact('changed', epi, event.events);
  if ((event.events & EPOLLWAKEUP) !== 0) {
    if (!ep_has_wakeup_source(epi)) ep_create_wakeup_source(epi);
  } else if (ep_has_wakeup_source(epi)) {
    yield* ep_destroy_wakeup_source(epi);
  }
  if (current.kernel.patched['128dd1759d96']) yield* smp_mb(); // The mask is there before the poll.
  const { events } = event; // As the task itself sees them.
  const revents = yield* ep_item_poll(epi, init_poll_funcptr(null), 1, events);
  traceFact('polled', epi, revents);
  if (revents === 0) return 0;
  yield lockLists(ep);
  const pwake = yield* queueReadyItem(ep, epi, 'ep_modify: ready, onto rdllist');
  unlockLists(ep);
  if (pwake) yield* ep_poll_safewake(ep, null, 0);
  return 0;
}

/** Takes a mutex; -EAGAIN if that would block and must not. */
export function* epoll_mutex_lock(lock: mutex, depth: number, nonblock: boolean): Kernel<number> {
  if (!nonblock) {
    yield mutex_lock_nested(lock, depth);
    return 0;
  }
  return mutex_trylock(lock) ? 0 : -EAGAIN;
}

/** May an EPOLLEXCLUSIVE item be added or changed like that? */
function exclusiveAllowed(op: number, events: number, tfile: file): boolean {
  if (op === EPOLL_CTL_MOD) return false;
  return (
    op !== EPOLL_CTL_ADD || (!is_file_epoll(tfile) && (events & ~EPOLLEXCLUSIVE_OK_BITS) === 0)
  );
}

/**
 * The whole of epoll_ctl behind the copy of the event; 0 or -errno.
 * `nonblock` (io_uring) gives up with -EAGAIN where a mutex is taken.
 */
export function* do_epoll_ctl(
  epfd: number,
  op: number,
  fd: number,
  epds: epoll_event | null,
  nonblock: boolean,
): Kernel<number> {
  __fentry__('do_epoll_ctl');
  const f = fdget(epfd);
  if (f === null) return -EBADF;
  if (!current.kernel.alone) yield current.files.lookup;
  const tf = fdget(fd);
  if (tf === null) {
    fput(f);
    return -EBADF;
  }
  const error = yield* ctlOnFiles(f, op, fd, tf, epds, nonblock);
  fput(tf);
  fput(f);
  return error;
}

function* ctlOnFiles(
  f: file,
  op: number,
  fd: number,
  tf: file,
  epds: epoll_event | null,
  nonblock: boolean,
): Kernel<number> {
  if (!file_can_poll(tf)) return -EPERM;
  const events = epds === null ? 0 : ep_take_care_of_epollwakeup(epds.events);
  if (f === tf || !is_file_epoll(f)) return -EINVAL;
  if (ep_op_has_event(op) && isExclusive(events)) {
    if (!exclusiveAllowed(op, events, tf)) return -EINVAL;
  }
  const ep = f.private_data as eventpoll;
  const data = epds?.data ?? 0;
  if (!current.kernel.patched['319c15174757']) {
    return yield* before511.epollCtl(f, op, fd, tf, { events, data }, nonblock);
  }
  let error = yield* epoll_mutex_lock(ep.mtx, 0, nonblock);
  if (error !== 0) return error;
  if (op !== EPOLL_CTL_ADD || !(yield* needsFullCheck(f, ep, tf))) {
    error = yield* ctlLocked(ep, op, fd, tf, events, data, false);
    mutex_unlock(ep.mtx);
    return error;
  }
  mutex_unlock(ep.mtx);
  const at = statics();
  const nested = nestedMutex();
  error = yield* epoll_mutex_lock(nested, 0, nonblock);
  if (error !== 0) return error;
  at.loop_check_gen++;
  if (is_file_epoll(tf) && (yield* ep_loop_check(ep, tf.private_data as eventpoll)) !== 0) {
    error = -ELOOP;
  } else {
    error = yield* epoll_mutex_lock(ep.mtx, 0, nonblock);
    if (error === 0) {
      error = yield* ctlLocked(ep, op, fd, tf, events, data, true);
      mutex_unlock(ep.mtx);
    }
  }
  if (error !== -ELOOP || current.kernel.patched['13d518074a95']) yield* clear_tfile_check_list();
  at.loop_check_gen++;
  mutex_unlock(nested);
  return error;
}

/** Does adding `tf` change which paths exist between instances? */
export function* needsFullCheck(f: file, ep: eventpoll, tf: file): Kernel<boolean> {
  if (!current.kernel.alone) yield peekAtLinks(f);
  if (f.f_ep !== null || (yield* visitedNow(ep))) return true;
  return is_file_epoll(tf);
}

/** Has a check that is under way visited the instance? Looked at since fe0a916c1eae. */
function* visitedNow(ep: eventpoll): Kernel<boolean> {
  const { patched } = current.kernel;
  if (!patched.fe0a916c1eae || !patched['18306c404abe']) return false;
  if (!current.kernel.alone) yield statics().look;
  return ep.gen === statics().loop_check_gen;
}

/** The operation itself. Called with mtx held. */
export function* ctlLocked(
  ep: eventpoll,
  op: number,
  fd: number,
  tf: file,
  events: number,
  data: epoll_data_t,
  full_check: boolean,
): Kernel<number> {
  const epi = ep_find(ep, tf, fd);
  const event = { events: events | EPOLLERR | EPOLLHUP, data };
  if (op === EPOLL_CTL_ADD) {
    if (epi !== null) return -EEXIST;
    return current.kernel.patched['319c15174757']
      ? yield* ep_insert(ep, event, tf, fd, full_check)
      : yield* before511.ep_insert(ep, event, tf, fd, full_check);
  }
  if (op === EPOLL_CTL_DEL) {
    if (epi === null) return -ENOENT;
    yield* removeItem(ep, epi);
    return 0;
  }
  if (op === EPOLL_CTL_MOD) {
    if (epi === null) return -ENOENT;
    if (isExclusive(epi.event.events)) return -EINVAL;
    return yield* ep_modify(ep, epi, event);
  }
  return -EINVAL;
}
