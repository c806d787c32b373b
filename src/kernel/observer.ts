/**
 * Where the checker's detectors hear of what only shows while it happens: of a few things, so that
 * an execution takes no longer. Not a Tracer (trace.ts), which hears of everything.
 *
 * Without a checker `current.kernel.observer` is null and nobody is told.
 */
import type { epitem, eventpoll } from './eventpoll/types.ts';
import type { task_struct } from './sched.ts';
import type { wait_queue_head } from './wait.ts';

export interface Observer {
  /** `task` begins with a system call, or begins anew after a signal: its descriptors are looked up. */
  entered(task: task_struct, call: string, args: readonly unknown[]): void;
  /** User mode sees `ret`. */
  returned(task: task_struct, call: string, args: readonly unknown[], ret: number): void;
  /** `current` was woken in epoll_wait(), before its time was up. */
  woken(ep: eventpoll): void;
  /** An event was copied to `current`. */
  delivered(epi: epitem, revents: number): void;
  /** A wakeup begins to walk over a queue. */
  wakes?(wq_head: wait_queue_head): void;
  /** The walk over `wq_head`, or epoll_ctl() (null), found something that the item asks for. */
  notified?(epi: epitem, wq_head: wait_queue_head | null): void;
}
