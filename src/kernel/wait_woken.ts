/**
 * Waiting with a flag instead of a state: the waiter may do other things that sleep between queueing
 * itself and going to sleep. Linux: kernel/sched/wait.c (wait_woken, woken_wake_function).
 *
 * A wakeup sets WQ_FLAG_WOKEN, so that one that comes before the sleep ends it at once.
 */
import { current } from './current.ts';
import { writesTo } from './footprint.ts';
import type { Kernel } from './op.ts';
import { set_current_state, TASK_RUNNING } from './sched.ts';
import { schedule_timeout } from './sleep_timeout.ts';
import { default_wake_function, wait_queue_entry } from './wait.ts';

export const WQ_FLAG_WOKEN = 0x02;

export function* woken_wake_function(
  wq_entry: wait_queue_entry,
  mode: number,
  wake_flags: number,
  key: number,
): Kernel<number> {
  wq_entry.flags |= WQ_FLAG_WOKEN;
  return default_wake_function(wq_entry, mode, wake_flags, key);
}

/** Ours: an entry of the running task for wait_woken(). */
export const wokenEntry = (): wait_queue_entry =>
  new wait_queue_entry(woken_wake_function, current);

/** Sleeps until woken or for `timeout` ns, unless woken since the last time; what is left of it. */
export function* wait_woken(
  wq_entry: wait_queue_entry,
  mode: number,
  timeout: number,
): Kernel<number> {
  let left = timeout;
  set_current_state(mode);
  if ((wq_entry.flags & WQ_FLAG_WOKEN) === 0) left = yield* schedule_timeout(timeout);
  set_current_state(TASK_RUNNING);
  writesTo(current.identity); // Whoever wakes it sets the flag.
  wq_entry.flags &= ~WQ_FLAG_WOKEN;
  return left;
}
