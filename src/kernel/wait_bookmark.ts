/**
 * Wakeups that gave the lock of the queue back after each 64 waiters, from 4.14 to 6.6 (2554db916586
 * to 37acade0ce89). Linux: kernel/sched/wait.c of those releases (__wake_up_common,
 * __wake_up_common_lock).
 *
 * A bookmark, an entry of its own, holds the place meanwhile. Who joins at the head in between is
 * missed, and the number of exclusive waiters that are still to be woken is carried over.
 */
import { list_add_tail, list_del_init, list_entry } from './list.ts';
import type { Kernel } from './op.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore } from './spinlock.ts';
import { traceNote } from './trace.ts';
import { WQ_FLAG_EXCLUSIVE, wait_queue_entry, type wait_queue_head } from './wait.ts';

const WQ_FLAG_BOOKMARK = 0x04;
/** After how many entries a walk makes a break. */
const WAITQUEUE_WALK_BREAK_CNT = 64;

function* neverWoken(): Kernel<number> {
  return 0;
}

/** Walks on from the bookmark, or from the head; how many exclusive waiters are left to be woken. */
function* walkStretch(
  wq_head: wait_queue_head,
  mode: number,
  nr_exclusive: number,
  wake_flags: number,
  key: number,
  bookmark: wait_queue_entry,
): Kernel<number> {
  const { head } = wq_head;
  let left = nr_exclusive;
  let node = head.next;
  if ((bookmark.flags & WQ_FLAG_BOOKMARK) !== 0) {
    node = bookmark.entry.next;
    list_del_init(bookmark.entry);
    bookmark.flags = 0;
  }
  let cnt = 0;
  while (node !== head) {
    const curr = list_entry(node);
    node = node.next;
    if ((curr.flags & WQ_FLAG_BOOKMARK) !== 0) continue;
    const exclusive = (curr.flags & WQ_FLAG_EXCLUSIVE) !== 0;
    const ret = yield* curr.func(curr, mode, wake_flags, key);
    if (ret < 0) break;
    if (ret > 0 && exclusive && --left === 0) break;
    if (++cnt > WAITQUEUE_WALK_BREAK_CNT && node !== head) {
      bookmark.flags = WQ_FLAG_BOOKMARK;
      list_add_tail(bookmark.entry, node);
      break;
    }
  }
  return left;
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
    left = yield* walkStretch(wq_head, mode, left, wake_flags, key, bookmark);
    if (bookmark.flags !== 0) traceNote('__wake_up: a break, at the bookmark', wq_head);
    spin_unlock_irqrestore(wq_head.lock);
  } while (bookmark.flags !== 0);
  return left;
}
