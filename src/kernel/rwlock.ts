/**
 * Reader-writer spinlocks: what `ep->lock` was from 5.1 to 6.17. Linux: include/linux/rwlock.h.
 */
import { KernelBug } from './bug.ts';
import { current } from './current.ts';
import { Gives, newIdentity, Unshares } from './footprint.ts';
import {
  checkOrder,
  heldBy,
  type LockClassName,
  lock_acquire,
  type lock_class,
  lock_release,
  lockClasses,
} from './lockdep.ts';
import { type Named, Op } from './op.ts';
import type { task_struct } from './sched.ts';
import { mayKeep } from './trace.ts';

export class rwlock_t implements Named {
  readonly name: string;
  readonly class: lock_class;

  // Ours:
  readonly identity: number = newIdentity();
  covers: Named | null;
  writer: task_struct | null = null;
  readers = 0;
  freed = false;
  readonly read: Op = new Op('read_lock', this);
  readonly write: Op = new Op('write_lock', this);

  constructor(name: LockClassName, covers: Named | null = null) {
    this.name = name;
    this.covers = covers;
    this.class = lockClasses[name];
  }
}

export const read_lock_irqsave = (lock: rwlock_t): Op => askFor(lock, lock.read);
/** Keeps interrupts off, which Linux's does not: none takes a lock that is taken by it. */
export const read_lock: typeof read_lock_irqsave = read_lock_irqsave;
export const write_lock_irq = (lock: rwlock_t): Op => askFor(lock, lock.write);

function askFor(lock: rwlock_t, op: Op): Op {
  checkLock(lock, current);
  checkOrder(lock, 0);
  mayKeep(op); // Which tells a listener; the operation is there to be kept.
  return op;
}

function checkLock(lock: rwlock_t, task: task_struct): void {
  if (lock.freed) throw new KernelBug('use after free', `${task.comm} takes ${lock.name}`);
  if (heldBy(task).some((held) => held === lock)) {
    throw new KernelBug('lockdep', `${task.comm} takes ${lock.name}, which it holds already`);
  }
}

/** Ours: can the lock be had the way that `op` wants it? */
export const isFree = (lock: rwlock_t, op: Op): boolean =>
  lock.writer === null && (op.verb === 'read_lock' || lock.readers === 0);

/** Ours: the effect of the operation; false while the lock cannot be had. */
export function takeRwlock(lock: rwlock_t, op: Op, task: task_struct): boolean {
  checkLock(lock, task);
  if (!isFree(lock, op)) return false;
  if (op.verb === 'read_lock') lock.readers++;
  else lock.writer = task;
  task.irqs_disabled++;
  task.preempt_count++;
  lock_acquire(task, lock, 0, op.verb === 'read_lock');
  return true;
}

function giveBack(lock: rwlock_t, how: number, setFree: (lock: rwlock_t) => void): void {
  const task = current;
  const { stores } = task;
  if (stores?.dirty) stores.push(lock, how, () => setFree(lock));
  else {
    task.kernel.footprint?.add(lock.identity, how);
    setFree(lock);
  }
  lock_release(task, lock);
  task.preempt_count--;
  task.irqs_disabled--;
  const { tracer } = task.kernel;
  if (tracer !== null) tracer.release(lock);
}

const oneReaderLess = (lock: rwlock_t): void => {
  lock.readers--;
};
const noWriter = (lock: rwlock_t): void => {
  lock.writer = null;
};

export const read_unlock_irqrestore = (lock: rwlock_t): void =>
  giveBack(lock, Unshares, oneReaderLess);

export const read_unlock: typeof read_unlock_irqrestore = read_unlock_irqrestore;

export const write_unlock_irq = (lock: rwlock_t): void => giveBack(lock, Gives, noWriter);
