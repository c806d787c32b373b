/**
 * Sleeping until a condition holds. Linux: include/linux/wait.h, kernel/sched/wait.c.
 *
 * The condition is looked at again after the task is on the queue: whoever makes it true later
 * finds the task there.
 */
import { current } from './current.ts';
import { ERESTARTSYS } from './errno.ts';
import { list_del_init, list_empty } from './list.ts';
import type { Kernel, Op } from './op.ts';
import {
  schedule,
  signal_pending,
  signal_pending_state,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
} from './sched.ts';
import {
  spin_lock_irq,
  spin_lock_irqsave,
  spin_unlock_irq,
  spin_unlock_irqrestore,
} from './spinlock.ts';
import {
  __add_wait_queue,
  __add_wait_queue_entry_tail,
  __remove_wait_queue,
  finish_wait,
  init_wait,
  WQ_FLAG_EXCLUSIVE,
  type wait_queue_entry,
  type wait_queue_head,
} from './wait.ts';

/**
 * Queues the entry, unless it is queued, and sets the state to sleep in; 0. With a signal pending,
 * -ERESTARTSYS, and the entry is off the queue: a wakeup that comes later goes to somebody else.
 */
export function* prepare_to_wait_event(
  wq_head: wait_queue_head,
  wq_entry: wait_queue_entry,
  state: number,
): Kernel<number> {
  let ret = 0;
  yield spin_lock_irqsave(wq_head.lock);
  if (signal_pending_state(state, current)) {
    list_del_init(wq_entry.entry);
    ret = -ERESTARTSYS;
  } else {
    if (list_empty(wq_entry.entry)) {
      const exclusive = (wq_entry.flags & WQ_FLAG_EXCLUSIVE) !== 0;
      if (exclusive) __add_wait_queue_entry_tail(wq_head, wq_entry);
      else __add_wait_queue(wq_head, wq_entry);
    }
    current.__state = state;
  }
  spin_unlock_irqrestore(wq_head.lock);
  return ret;
}

/** Sleeps until `condition`; every wakeup wakes such a sleeper. As the next one in the rest. */
export const wait_event_interruptible = (
  wq_head: wait_queue_head,
  look: Op,
  condition: () => boolean,
): Kernel<number> => ___wait_event(wq_head, look, condition, 0);

/**
 * Sleeps until `condition`, at the end of the queue; one wakeup wakes one such sleeper.
 * 0, or -ERESTARTSYS for a signal. The condition reads without a lock, which `look` announces.
 */
export const wait_event_interruptible_exclusive = (
  wq_head: wait_queue_head,
  look: Op,
  condition: () => boolean,
): Kernel<number> => ___wait_event(wq_head, look, condition, WQ_FLAG_EXCLUSIVE);

function* ___wait_event(
  wq_head: wait_queue_head,
  look: Op,
  condition: () => boolean,
  flags: number,
): Kernel<number> {
  if (!current.kernel.alone) yield look;
  if (condition()) return 0;
  const wq_entry = init_wait();
  wq_entry.flags = flags;
  for (;;) {
    const interrupted = yield* prepare_to_wait_event(wq_head, wq_entry, TASK_INTERRUPTIBLE);
    if (!current.kernel.alone) yield look;
    if (condition()) break; // Also after a signal: a wakeup that chose this task is not lost.
    if (interrupted !== 0) return interrupted;
    yield schedule(current);
    if (!current.kernel.alone) yield look;
    if (condition()) break;
  }
  yield* finish_wait(wq_head, wq_entry);
  return 0;
}

/**
 * Sleeps until `condition`; called with the queue's lock held, which is given back for the sleep
 * and held again at the end. 0, or -ERESTARTSYS for a signal.
 */
export function* wait_event_interruptible_locked_irq(
  wq: wait_queue_head,
  condition: () => boolean,
): Kernel<number> {
  if (condition()) return 0;
  const wait = init_wait();
  let ret = 0;
  do {
    if (list_empty(wait.entry)) __add_wait_queue_entry_tail(wq, wait);
    current.__state = TASK_INTERRUPTIBLE;
    if (signal_pending(current)) {
      ret = -ERESTARTSYS;
      break;
    }
    spin_unlock_irq(wq.lock);
    yield schedule(current);
    yield spin_lock_irq(wq.lock);
  } while (!condition());
  __remove_wait_queue(wq, wait);
  current.__state = TASK_RUNNING;
  return ret;
}
