/**
 * Wait queues: who sleeps on what, and who is woken first.
 * Linux: include/linux/wait.h, kernel/sched/wait.c.
 *
 * Shared waiters stand at the front of a queue and exclusive ones at the back, so one pass
 * wakes every shared waiter and then at most `nr_exclusive` others, the oldest first. Whoever links
 * an exclusive entry at the head (`__add_wait_queue_exclusive`) turns that order round.
 *
 * Invariants: a queue changes only under its `lock`, or under the lock that stands in for it
 * (ep->wq); an entry is on at most one queue.
 * Differs from Linux: `wake_flags` carries only WF_SYNC; the key is a poll mask, 0 for none.
 */
import { smp_mb } from './barrier.ts';
import { WARN_ON_ONCE } from './bug.ts';
import { current } from './current.ts';
import { newIdentity, writesTo } from './footprint.ts';
import {
  list_add,
  list_add_tail,
  list_del_init,
  list_empty,
  list_empty_careful,
  list_entry,
  list_head,
} from './list.ts';
import type { LockClassName } from './lockdep.ts';
import { type Kernel, type Named, Op } from './op.ts';
import {
  set_current_state,
  TASK_INTERRUPTIBLE,
  TASK_NORMAL,
  type task_struct,
  try_to_wake_up,
  WF_SYNC,
} from './sched.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore, spinlock_t } from './spinlock.ts';
import { storeLate } from './store_buffer.ts';
import { __fentry__, mayKeep, traceFact, traceNote } from './trace.ts';
import { EPOLLHUP } from './uapi/eventpoll.ts';
import { POLLFREE } from './uapi/poll.ts';
import {
  putBefore,
  takeUp,
  WAITQUEUE_WALK_BREAK_CNT,
  WQ_FLAG_BOOKMARK,
  wakeInStretches,
} from './wait_bookmark.ts';

export const WQ_FLAG_EXCLUSIVE = 0x01;

/** Tries to wake one waiter: > 0 it woke, 0 it did not, < 0 ends the pass. May unlink `wq_entry`. */
export type wait_queue_func_t = (
  wq_entry: wait_queue_entry,
  mode: number,
  wake_flags: number,
  key: number,
) => Kernel<number>;

export class wait_queue_entry {
  flags = 0;
  /** The task that sleeps, where the entry stands for one. */
  readonly private: task_struct | null;
  readonly func: wait_queue_func_t;
  readonly entry: list_head<wait_queue_entry> = new list_head<wait_queue_entry>(this);

  // Ours: what the entry belongs to, where not to a sleeping task.
  readonly owner: object | null;

  constructor(func: wait_queue_func_t, task: task_struct | null, owner: object | null = null) {
    this.private = task;
    this.func = func;
    this.owner = owner;
  }
}

export class wait_queue_head extends list_head<wait_queue_entry> implements Named {
  readonly lock: spinlock_t;

  // Ours:
  readonly name: string;
  readonly identity: number = newIdentity();
  peek: Op | null = null;

  constructor(name: string, lockName: LockClassName = 'wq_head->lock') {
    super(null);
    this.name = name;
    this.lock = new spinlock_t(lockName);
  }

  /** In the queue itself, as in Linux. Under lock. */
  get head(): list_head<wait_queue_entry> {
    return this;
  }
}

/**
 * Is anybody on the queue? Only a hint unless the queue's lock is held. Spelt out, so that
 * list_empty() sees nodes and heads of one shape where it is called most.
 */
export const waitqueue_active = (wq_head: wait_queue_head): boolean => wq_head.next !== wq_head;

/** Ours: announces a look at the queue without its lock. */
export const peekAt = (wq_head: wait_queue_head): Op => wq_head.peek ?? makePeek(wq_head);

function makePeek(wq_head: wait_queue_head): Op {
  const op = new Op('access', wq_head);
  if (mayKeep(op)) wq_head.peek = op;
  return op;
}

/** Links at the head: the newest shared waiter is woken first. */
export function __add_wait_queue(wq_head: wait_queue_head, wq_entry: wait_queue_entry): void {
  writesTo(wq_head.identity);
  list_add(wq_entry.entry, wq_head.head);
}

export function __add_wait_queue_entry_tail(
  wq_head: wait_queue_head,
  wq_entry: wait_queue_entry,
): void {
  writesTo(wq_head.identity);
  list_add_tail(wq_entry.entry, wq_head.head);
}

/** Exclusive, and yet at the head: the newest sleeper is woken first. */
export function __add_wait_queue_exclusive(
  wq_head: wait_queue_head,
  wq_entry: wait_queue_entry,
): void {
  wq_entry.flags |= WQ_FLAG_EXCLUSIVE;
  __add_wait_queue(wq_head, wq_entry);
}

export function __remove_wait_queue(wq_head: wait_queue_head, wq_entry: wait_queue_entry): void {
  writesTo(wq_head.identity);
  list_del_init(wq_entry.entry);
}

export function* add_wait_queue(
  wq_head: wait_queue_head,
  wq_entry: wait_queue_entry,
): Kernel<void> {
  wq_entry.flags &= ~WQ_FLAG_EXCLUSIVE;
  yield spin_lock_irqsave(wq_head.lock);
  storeLate(wq_head, __add_wait_queue, wq_head, wq_entry);
  spin_unlock_irqrestore(wq_head.lock);
}

export function* add_wait_queue_exclusive(
  wq_head: wait_queue_head,
  wq_entry: wait_queue_entry,
): Kernel<void> {
  wq_entry.flags |= WQ_FLAG_EXCLUSIVE;
  yield spin_lock_irqsave(wq_head.lock);
  storeLate(wq_head, __add_wait_queue_entry_tail, wq_head, wq_entry);
  spin_unlock_irqrestore(wq_head.lock);
}

export function* remove_wait_queue(
  wq_head: wait_queue_head,
  wq_entry: wait_queue_entry,
): Kernel<void> {
  yield spin_lock_irqsave(wq_head.lock);
  __remove_wait_queue(wq_head, wq_entry);
  spin_unlock_irqrestore(wq_head.lock);
}

/**
 * Makes one pass over the queue, whose lock is held; what is left of `nr_exclusive`. With a bookmark
 * it goes on from there, and may end at another place that the bookmark then holds.
 */
export function* __wake_up_common(
  wq_head: wait_queue_head,
  mode: number,
  nr_exclusive: number,
  wake_flags: number,
  key: number,
  bookmark: wait_queue_entry | null = null,
): Kernel<number> {
  let left = nr_exclusive;
  traceFact('wake', wq_head, key);
  current.kernel.observer?.wakes?.(wq_head);
  let node = bookmark === null ? wq_head.head.next : takeUp(wq_head, bookmark);
  let cnt = 0;
  while (node !== wq_head.head) {
    const curr = list_entry(node);
    node = node.next; // Before func(), because autoremove_wake_function() unlinks its entry.
    if ((curr.flags & WQ_FLAG_BOOKMARK) !== 0) continue; // Of another walk.
    const exclusive = (curr.flags & WQ_FLAG_EXCLUSIVE) !== 0;
    if (current.stores !== null) yield* smp_mb(); // As try_to_wake_up() does before it looks.
    const ret = yield* curr.func(curr, mode, wake_flags, key);
    if (list_empty(curr.entry)) writesTo(wq_head.identity);
    if (ret < 0) break;
    if (ret > 0 && exclusive && --left === 0) {
      if (node !== wq_head.head) {
        traceNote('__wake_up: enough exclusive waiters are awake', wq_head);
        if (current.kernel.tracer !== null) tellSpared(wq_head, node);
      }
      break;
    }
    if (bookmark !== null && ++cnt > WAITQUEUE_WALK_BREAK_CNT && node !== wq_head.head) {
      putBefore(node, bookmark);
      break;
    }
  }
  return left;
}

/** Ours: for a listener, those whom the walk would have come to. */
function tellSpared({ head }: wait_queue_head, from: list_head<wait_queue_entry>): void {
  for (let node = from; node !== head; node = node.next) {
    const curr = list_entry(node);
    traceFact('spared', curr);
  }
}

/** Wakes every shared waiter and up to `nr_exclusive` exclusive ones (0 means all of them). */
function* __wake_up_common_lock(
  wq_head: wait_queue_head,
  mode: number,
  nr_exclusive: number,
  wake_flags: number,
  key: number,
): Kernel<number> {
  if (wake_flags === 0) __fentry__('__wake_up');
  else __fentry__('__wake_up_sync_key');
  const { patched } = current.kernel;
  if (!patched['37acade0ce89'] && patched['2554db916586']) {
    return nr_exclusive - (yield* wakeInStretches(wq_head, mode, nr_exclusive, wake_flags, key));
  }
  yield spin_lock_irqsave(wq_head.lock);
  const left = yield* __wake_up_common(wq_head, mode, nr_exclusive, wake_flags, key);
  spin_unlock_irqrestore(wq_head.lock);
  return nr_exclusive - left;
}

export const __wake_up = (
  wq_head: wait_queue_head,
  mode: number,
  nr_exclusive: number,
  key: number,
): Kernel<number> => __wake_up_common_lock(wq_head, mode, nr_exclusive, 0, key);

/** As __wake_up(), and tells the scheduler that the waker is about to sleep. */
export const __wake_up_sync_key = (
  wq_head: wait_queue_head,
  mode: number,
  key: number,
): Kernel<number> => __wake_up_common_lock(wq_head, mode, 1, WF_SYNC, key);

export const wake_up = (wq_head: wait_queue_head): Kernel<number> =>
  __wake_up(wq_head, TASK_NORMAL, 1, 0);
export const wake_up_all = (wq_head: wait_queue_head): Kernel<number> =>
  __wake_up(wq_head, TASK_NORMAL, 0, 0);
export const wake_up_sync = (wq_head: wait_queue_head): Kernel<number> =>
  __wake_up_sync_key(wq_head, TASK_NORMAL, 0);
export const wake_up_poll = (wq_head: wait_queue_head, m: number): Kernel<number> =>
  __wake_up(wq_head, TASK_NORMAL, 1, m);
export const wake_up_interruptible = (wq_head: wait_queue_head): Kernel<number> =>
  __wake_up(wq_head, TASK_INTERRUPTIBLE, 1, 0);
export const wake_up_interruptible_all = (wq_head: wait_queue_head): Kernel<number> =>
  __wake_up(wq_head, TASK_INTERRUPTIBLE, 0, 0);
export const wake_up_interruptible_poll = (wq_head: wait_queue_head, m: number): Kernel<number> =>
  __wake_up(wq_head, TASK_INTERRUPTIBLE, 1, m);
export const wake_up_interruptible_sync_poll = (
  wq_head: wait_queue_head,
  m: number,
): Kernel<number> => __wake_up_sync_key(wq_head, TASK_INTERRUPTIBLE, m);

/** As wake_up(), by somebody who holds the queue's lock or the one that stands in for it. */
export const wake_up_locked = (wq_head: wait_queue_head): Kernel<number> =>
  __wake_up_common(wq_head, TASK_NORMAL, 1, 0, 0);
/** As wake_up_poll(), by somebody who holds the queue's lock. */
export const wake_up_locked_poll = (wq_head: wait_queue_head, m: number): Kernel<number> =>
  __wake_up_common(wq_head, TASK_NORMAL, 1, 0, m);

/** The queue's owner is about to go: everybody must let go of the queue. */
export function* wake_up_pollfree(wq_head: wait_queue_head): Kernel<void> {
  if (!current.kernel.alone) yield peekAt(wq_head);
  if (!waitqueue_active(wq_head)) return;
  yield* __wake_up(wq_head, TASK_NORMAL, 0, POLLFREE | EPOLLHUP);
  WARN_ON_ONCE(waitqueue_active(wq_head), `${wq_head.name} has waiters after POLLFREE`);
}

/** Wakes the task behind an entry. */
export function default_wake_function(
  wq_entry: wait_queue_entry,
  mode: number,
  _wake_flags: number,
  _key: number,
): number {
  return wq_entry.private === null ? 0 : try_to_wake_up(wq_entry.private, mode);
}

/** Wakes the task and takes its entry off the queue, so that the next wakeup hits the next one. */
export function* autoremove_wake_function(
  wq_entry: wait_queue_entry,
  mode: number,
  wake_flags: number,
  key: number,
): Kernel<number> {
  const ret = default_wake_function(wq_entry, mode, wake_flags, key);
  if (ret !== 0) list_del_init(wq_entry.entry);
  return ret;
}

/** An entry for the running task that a wakeup takes off the queue. */
export const init_wait = (): wait_queue_entry =>
  new wait_queue_entry(autoremove_wake_function, current);

/** Queues the entry, unless it is queued, and sets the state to sleep in. */
export function* prepare_to_wait(
  wq_head: wait_queue_head,
  wq_entry: wait_queue_entry,
  state: number,
): Kernel<void> {
  wq_entry.flags &= ~WQ_FLAG_EXCLUSIVE;
  yield spin_lock_irqsave(wq_head.lock);
  if (list_empty(wq_entry.entry)) __add_wait_queue(wq_head, wq_entry);
  set_current_state(state);
  spin_unlock_irqrestore(wq_head.lock);
}

/** As prepare_to_wait(), at the tail; true if the queue was empty. */
export function* prepare_to_wait_exclusive(
  wq_head: wait_queue_head,
  wq_entry: wait_queue_entry,
  state: number,
): Kernel<boolean> {
  wq_entry.flags |= WQ_FLAG_EXCLUSIVE;
  let first = false;
  yield spin_lock_irqsave(wq_head.lock);
  if (list_empty(wq_entry.entry)) {
    first = list_empty(wq_head.head);
    __add_wait_queue_entry_tail(wq_head, wq_entry);
  }
  set_current_state(state);
  spin_unlock_irqrestore(wq_head.lock);
  return first;
}

/** Leaves the queue, if no wakeup did that, and runs on. */
export function* finish_wait(wq_head: wait_queue_head, wq_entry: wait_queue_entry): Kernel<void> {
  set_current_state(0);
  if (!current.kernel.alone) yield peekAt(wq_head);
  if (list_empty_careful(wq_entry.entry)) return;
  yield spin_lock_irqsave(wq_head.lock);
  writesTo(wq_head.identity);
  list_del_init(wq_entry.entry);
  spin_unlock_irqrestore(wq_head.lock);
}
