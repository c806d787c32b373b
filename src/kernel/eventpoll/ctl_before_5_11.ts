/**
 * epoll_ctl before 319c15174757 and its series (5.11): the list of what to check held files, and the
 * mutex of an epoll that is added was held to the end. Linux: fs/eventpoll.c of 4.4 to 5.10
 * (do_epoll_ctl, ep_insert).
 *
 * Differs from Linux: the items of a file hang on an hlist here too, in the order of today.
 */
import { current } from '../current.ts';
import { borrowFile, type file } from '../file.ts';
import { hlist_add_head_rcu, hlist_head } from '../list.ts';
import { lockdep_assert_irqs_enabled } from '../lockdep.ts';
import { mutex_lock_nested, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { rb_add } from '../rbtree.ts';
import { kmem_cache_alloc } from '../slab.ts';
import { spin_lock, spin_unlock } from '../spinlock.ts';
import { __fentry__, traceFact } from '../trace.ts';
import type { epoll_event } from '../uaccess.ts';
import { EINVAL, ELOOP, ENOSPC } from '../uapi/errno.ts';
import { EPOLL_CTL_ADD, EPOLLWAKEUP } from '../uapi/eventpoll.ts';
import { ep_set_busy_poll_napi_id } from './busy_poll.ts';
import { ep_poll_safewake } from './callback.ts';
import {
  ctlLocked,
  epoll_mutex_lock,
  needsFullCheck,
  pollNew,
  queueReadyItem,
  removeItem,
} from './ctl.ts';
import { is_file_epoll } from './file.ts';
import { lockLists, unlockLists } from './lock.ts';
import {
  clear_tfile_check_list,
  ep_loop_check,
  listFile,
  reverse_path_check,
} from './loop_check_before_5_11.ts';
import { ep_get } from './remove.ts';
import { epitem, type eventpoll, nestedMutex, statics } from './types.ts';
import { ep_create_wakeup_source } from './wakeup.ts';

/** The operation, its arguments having been looked at; 0 or -errno. */
export function* epollCtl(
  f: file,
  op: number,
  fd: number,
  tf: file,
  { events, data }: epoll_event,
  nonblock: boolean,
): Kernel<number> {
  const ep = f.private_data as eventpoll;
  let error = yield* epoll_mutex_lock(ep.mtx, 0, nonblock);
  if (error !== 0) return error;
  if (op !== EPOLL_CTL_ADD || !(yield* needsFullCheck(f, ep, tf))) {
    error = yield* ctlLocked(ep, op, fd, tf, events, data, false);
    mutex_unlock(ep.mtx);
    return error;
  }
  mutex_unlock(ep.mtx);
  const nested = nestedMutex();
  error = yield* epoll_mutex_lock(nested, 0, nonblock);
  if (error !== 0) return error;
  statics().loop_check_gen++;
  error = yield* listWhatToCheck(ep, tf);
  if (error === 0) error = yield* addChecked(ep, fd, tf, { events, data }, nonblock);
  if (error !== -ELOOP || current.kernel.patched['13d518074a95']) yield* clear_tfile_check_list();
  statics().loop_check_gen++;
  mutex_unlock(nested);
  return error;
}

/** Lists the files whose paths get more: the one that is added, or all below it; -ELOOP for a circle. */
function* listWhatToCheck(ep: eventpoll, tf: file): Kernel<number> {
  if (is_file_epoll(tf)) return (yield* ep_loop_check(ep, tf)) === 0 ? 0 : -ELOOP;
  if (current.kernel.patched.a9ed4a6560b8) borrowFile(tf);
  listFile(tf);
  return 0;
}

function* addChecked(
  ep: eventpoll,
  fd: number,
  tf: file,
  { events, data }: epoll_event,
  nonblock: boolean,
): Kernel<number> {
  const tep = is_file_epoll(tf) ? (tf.private_data as eventpoll) : null;
  let error = yield* epoll_mutex_lock(ep.mtx, 0, nonblock);
  if (error !== 0) return error;
  if (tep !== null) yield mutex_lock_nested(tep.mtx, 1);
  error = yield* ctlLocked(ep, EPOLL_CTL_ADD, fd, tf, events, data, true);
  if (tep !== null) mutex_unlock(tep.mtx);
  mutex_unlock(ep.mtx);
  return error;
}

/** Links the item into the list of those that watch its file. */
function* linkItem(file: file, epi: epitem): Kernel<void> {
  yield spin_lock(file.f_lock);
  file.f_ep ??= is_file_epoll(file)
    ? (file.private_data as eventpoll).refs
    : new hlist_head<epitem>();
  hlist_add_head_rcu(epi.fllink, file.f_ep);
  spin_unlock(file.f_lock);
}

/** Adds an item; 0 or -errno. Called with mtx held; callbacks may come before it returns. */
export function* ep_insert(
  ep: eventpoll,
  event: epoll_event,
  tfile: file,
  fd: number,
  full_check: boolean,
): Kernel<number> {
  __fentry__('ep_insert');
  lockdep_assert_irqs_enabled();
  const { patched } = current.kernel;
  if (ep.user.epoll_watches >= statics().max_user_watches) return -ENOSPC;
  const epi = kmem_cache_alloc(statics().epi_cache, new epitem(ep, tfile, fd, event));
  if ((event.events & EPOLLWAKEUP) !== 0) ep_create_wakeup_source(epi);
  // Before f8d4f44df056 callbacks came by paths that may be refused.
  const early = patched.f8d4f44df056 ? null : yield* pollNew(epi);
  yield* linkItem(tfile, epi);
  rb_add(ep.rbr, epi);
  traceFact('added', epi, event.events);
  ep_get(ep);
  if (full_check && (yield* reverse_path_check()) !== 0) {
    ep.user.epoll_watches++; // It was not counted yet, and removing it uncounts it.
    yield* removeItem(ep, epi);
    return -EINVAL;
  }
  const revents = early ?? (yield* pollNew(epi));
  traceFact('polled', epi, revents);
  yield lockLists(ep);
  ep_set_busy_poll_napi_id(epi);
  const pwake = revents !== 0 && (yield* queueReadyItem(ep, epi, 'ep_insert: ready, onto rdllist'));
  unlockLists(ep);
  ep.user.epoll_watches++; // Since 1e1c15839df0 at the start.
  if (pwake) yield* ep_poll_safewake(ep, null, 0);
  return 0;
}
