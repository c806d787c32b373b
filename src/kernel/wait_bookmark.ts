/**
 * Wakeups that gave the lock of the queue back after each 64 waiters, from 4.14 to 6.6 (2554db916586
 * to 37acade0ce89). Linux: kernel/sched/wait.c of those releases (__wake_up_common,
 * __wake_up_common_lock).
 *
 * A bookmark, an entry of its own, holds the place meanwhile. Who joins at the head in between is
 * missed, and the number of exclusive waiters that are still to be woken is carried over.
 */
import { list_add_tail, list_del_init, type list_head } from './list.ts';
import type { Kernel } from './op.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore } from './spinlock.ts';
import { traceNote } from './trace.ts';
import { __wake_up_common, wait_queue_entry, type wait_queue_head } from './wait.ts';

export const WQ_FLAG_BOOKMARK = 0x04;
/** After how many entries a walk makes a break. */
export const WAITQUEUE_WALK_BREAK_CNT = 64;

function* neverWoken(): Kernel<number> {
  return 0;
}

/** Ours: where the walk goes on: behind the bookmark, which leaves the queue, or at the front. */
export function takeUp(
  { head }: wait_queue_head,
  bookmark: wait_queue_entry,
): list_head<wait_queue_entry> {
  if (bookmark.flags === 0) return head.next;
  const node = bookmark.entry.next;
  list_del_init(bookmark.entry);
  bookmark.flags = 0;
  return node;
}

/** Ours: lets the bookmark hold the place in front of `node`. */
export function putBefore(node: list_head<wait_queue_entry>, bookmark: wait_queue_entry): void {
  bookmark.flags = WQ_FLAG_BOOKMARK;
  list_add_tail(bookmark.entry, node);
}

/** Ours: the walk of __wake_up_common_lock(), in stretches; how many exclusive waiters are left. */
export function* wakeInStretches(
  wq_head: wait_queue_head,
  mode: number,
  nr_exclusive: number,
  wake_flags: number,
  key: number,
): Kernel<number> {
  const bookmark = new wait_queue_entry(neverWoken, null);
  let left = nr_exclusive;
  do {
    yield spin_lock_irqsave(wq_head.lock);
    left = yield* __wake_up_common(wq_head, mode, left, wake_flags, key, bookmark);
    if (bookmark.flags !== 0) traceNote('__wake_up: a break, at the bookmark', wq_head);
    spin_unlock_irqrestore(wq_head.lock);
  } while (bookmark.flags !== 0);
  return left;
}
