/**
 * Read-copy-update as far as eventpoll leans on it. Linux: kernel/rcu/, include/linux/rcupdate.h.
 *
 * A grace period ends when every read-side section that was open at its start has been left.
 * Invariants: `readers` counts the tasks inside a section; callbacks wait in `callbacks`.
 * Differs from Linux: a later reader prolongs an earlier grace period; a stretch with preemption or
 * interrupts off is no reader by itself, and nothing here leans on that it were one.
 */

import Denque from 'denque';
import { KernelBug } from './bug.ts';
import { current } from './current.ts';
import { newIdentity, writesTo } from './footprint.ts';
import { might_sleep } from './lockdep.ts';
import { type Named, Op } from './op.ts';
import { TASK_UNINTERRUPTIBLE, type task_struct, wake_up_process } from './sched.ts';

export class rcu_state implements Named {
  readonly name = 'rcu';
  readonly identity: number = newIdentity();

  // Ours:
  readers = 0;
  readonly callbacks: Denque<() => void> = new Denque();
  readonly waiters: Denque<task_struct> = new Denque();
  readonly synchronize: Op = new Op('synchronize_rcu', this);
}

export function rcu_read_lock(): void {
  if (current.rcu_read_lock_nesting++ === 0) current.kernel.rcu.readers++;
}

export function rcu_read_unlock(): void {
  const task = current;
  if (task.rcu_read_lock_nesting === 0)
    throw new KernelBug('lockdep', 'rcu_read_unlock unbalanced');
  if (--task.rcu_read_lock_nesting > 0) return;
  const rcu = task.kernel.rcu;
  if (!rcu.callbacks.isEmpty()) writesTo(rcu.identity);
  // Coarser than Linux: a later reader prolongs an earlier grace period, which is always allowed.
  if (--rcu.readers > 0) return;
  for (let done = rcu.callbacks.shift(); done !== undefined; done = rcu.callbacks.shift()) done();
  for (let task = rcu.waiters.shift(); task !== undefined; task = rcu.waiters.shift()) {
    wake_up_process(task);
  }
}

/** Runs `func` after a grace period. */
export function call_rcu(func: () => void): void {
  const { rcu } = current.kernel;
  writesTo(rcu.identity);
  if (rcu.readers === 0) func();
  else rcu.callbacks.push(func);
}

/** Sleeps for a grace period. */
export function synchronize_rcu(): Op {
  might_sleep(current, 'synchronize_rcu');
  return current.kernel.rcu.synchronize;
}

/** Ours: puts a task to sleep until the readers have left. */
export function waitForReaders(rcu: rcu_state, task: task_struct): void {
  task.__state = TASK_UNINTERRUPTIBLE;
  rcu.waiters.push(task);
}
