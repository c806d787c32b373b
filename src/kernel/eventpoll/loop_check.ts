/**
 * Which epoll may watch which: no circles, no long chains, no storm of wakeups.
 * Linux: fs/eventpoll.c (ep_loop_check, ep_get_upwards_depth_proc, reverse_path_check …).
 *
 * Watching an epoll makes wakeups and polls recurse, so the depth is bounded when an edge is added:
 * the longest chain below the new edge, plus the longest above it. And every file that is not an
 * epoll bounds the number of paths by which a wakeup can climb from it.
 *
 * Invariants: all of it runs under epnested_mutex.
 */
import { current } from '../current.ts';
import { type file, file_ref_get, returnFile } from '../file.ts';
import { hlist_empty, type hlist_head } from '../list.ts';
import { mutex_lock_nested, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { rb_first, rb_next } from '../rbtree.ts';
import { rcu_read_lock, rcu_read_unlock } from '../rcu.ts';
import { spin_lock, spin_unlock } from '../spinlock.ts';
import { __fentry__ } from '../trace.ts';
import { is_file_epoll } from './file.ts';
import { free_ephead, useEpoll } from './remove.ts';
import {
  EP_MAX_NESTS,
  EP_UNACTIVE_PTR,
  type epitem,
  type epitems_head,
  type eventpoll,
  headOf,
  statics,
} from './types.ts';

/** How many paths of 1 to 5 instances may start at one file; the first number has no effect. */
export const path_limits: readonly number[] = [1000, 500, 100, 50, 10]; // PATH_ARR_SIZE of them.

const INT_MAX = 0x7fffffff;

/** Remembers a file whose paths are to be counted. */
export function list_file(file: file): void {
  const at = statics();
  const head = file.f_ep === null ? null : headOf(file.f_ep);
  if (head !== null && head.next === null) {
    if (current.kernel.patched['8b7e8245e229']) {
      if (!file_ref_get(file)) return; // It is being closed, so its paths only get fewer.
      head.file = file;
    }
    head.next = at.tfile_check_list;
    at.tfile_check_list = head;
  }
}

function* unlist_file(head: epitems_head): Kernel<void> {
  let to_free: epitems_head | null = head;
  const p = head.epitems.first;
  const pinned = head.file;
  const file = pinned ?? p?.owner.ffd.file;
  if (file !== undefined) {
    // Race: unlist-file. Before 8b7e8245e229 nothing kept the file here, nor its lock.
    yield spin_lock(file.f_lock);
    if (!hlist_empty(head.epitems)) to_free = null;
    head.next = null;
    head.file = null;
    spin_unlock(file.f_lock);
  }
  free_ephead(to_free);
  if (pinned !== null) returnFile(pinned);
}

export function* clear_tfile_check_list(): Kernel<void> {
  const at = statics();
  rcu_read_lock();
  while (at.tfile_check_list !== EP_UNACTIVE_PTR) {
    const head: epitems_head = at.tfile_check_list;
    at.tfile_check_list = head.next ?? EP_UNACTIVE_PTR;
    yield* unlist_file(head);
  }
  rcu_read_unlock();
}

/** One more path through `nests` + 1 instances; -1 if that is one too many. */
export function path_count_inc(nests: number): number {
  if (nests === 0) return 0; // Any number of instances may watch a file directly.
  const { path_count } = statics();
  const count = (path_count[nests] ?? 0) + 1;
  path_count[nests] = count;
  return count > (path_limits[nests] ?? 0) ? -1 : 0;
}

export const path_count_init = (): number[] => statics().path_count.fill(0);

/** Walks up without a lock; RCU keeps the items, but not the instances, from being freed. */
function* reverse_path_check_proc(refs: hlist_head<epitem>, depth: number): Kernel<number> {
  if (depth > EP_MAX_NESTS) return -1;
  for (let node = refs.first; node !== null; node = node.next) {
    const up = yield* watcherOf(node.owner);
    const error = hlist_empty(up.refs)
      ? path_count_inc(depth)
      : yield* reverse_path_check_proc(up.refs, depth + 1);
    if (error !== 0) return error;
  }
  return 0;
}

/** The instance that an item belongs to, looked at without a lock (Race: topology-walk). */
function* watcherOf(epi: epitem): Kernel<eventpoll> {
  const { ep } = epi;
  if (!current.kernel.alone) yield ep.lists;
  return useEpoll(ep);
}

/** Counts the paths that start at each listed file; -1 if there are too many. */
export function* reverse_path_check(): Kernel<number> {
  if (!current.kernel.patched['28d82dc1c4ed']) return 0;
  for (let p = statics().tfile_check_list; p !== EP_UNACTIVE_PTR; p = p.next ?? EP_UNACTIVE_PTR) {
    path_count_init();
    rcu_read_lock();
    const error = yield* reverse_path_check_proc(p.epitems, 0);
    rcu_read_unlock();
    if (error !== 0) return error;
  }
  return 0;
}

/** The longest chain of instances below `ep`, too much if it closes a circle. */
function* ep_loop_check_proc(ep: eventpoll, depth: number): Kernel<number> {
  const at = statics();
  if (ep.gen === at.loop_check_gen) return ep.loop_check_depth;
  let result = 0;
  yield mutex_lock_nested(ep.mtx, depth + 1);
  ep.gen = at.loop_check_gen;
  for (let epi = rb_first(ep.rbr); epi !== null; epi = rb_next(ep.rbr, epi)) {
    const { file } = epi.ffd;
    if (!is_file_epoll(file)) {
      list_file(file);
      continue;
    }
    const ep_tovisit = file.private_data as eventpoll;
    if (ep_tovisit === at.inserting_into || depth > EP_MAX_NESTS) result = tooDeep();
    else result = Math.max(result, deeper(yield* ep_loop_check_proc(ep_tovisit, depth + 1)));
    if (result > EP_MAX_NESTS) break;
  }
  // Kept in a byte, as in Linux: INT_MAX reads back as 255.
  ep.loop_check_depth = result & 0xff;
  mutex_unlock(ep.mtx);
  return result;
}

/** What stands for the depth of a circle. Before fdcfce93073d it wrapped where one was added. */
const tooDeep = (): number => (current.kernel.patched.fdcfce93073d ? EP_MAX_NESTS + 1 : INT_MAX);

/** One link more. Before f2e467a48287 only circles and the depth of the recursion counted. */
const deeper = (depth: number): number => {
  if (current.kernel.patched.f2e467a48287) return (depth + 1) | 0;
  return depth > EP_MAX_NESTS ? depth : 0;
};

/** The longest chain of instances above `ep`. */
function* ep_get_upwards_depth_proc(ep: eventpoll, depth: number): Kernel<number> {
  const { loop_check_gen } = statics();
  if (ep.gen === loop_check_gen) return ep.loop_check_depth;
  let result = 0;
  for (let node = ep.refs.first; node !== null; node = node.next) {
    const up = yield* watcherOf(node.owner);
    result = Math.max(result, (yield* ep_get_upwards_depth_proc(up, depth + 1)) + 1);
  }
  ep.gen = loop_check_gen;
  ep.loop_check_depth = result & 0xff;
  return result;
}

/** May `ep` watch `to`? -1 if that would close a circle or make too long a chain. */
export function* ep_loop_check(ep: eventpoll, to: eventpoll): Kernel<number> {
  if (!current.kernel.patched['22bacca48a17']) return 0;
  __fentry__('ep_loop_check');
  statics().inserting_into = ep;
  const depth = yield* ep_loop_check_proc(to, 0);
  if (depth > EP_MAX_NESTS) return -1;
  if (!current.kernel.patched.f2e467a48287) return 0;
  rcu_read_lock();
  const upwards_depth = yield* ep_get_upwards_depth_proc(ep, 0);
  rcu_read_unlock();
  return depth + 1 + upwards_depth > EP_MAX_NESTS ? -1 : 0;
}
