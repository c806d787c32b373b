/**
 * Spinlocks, and the operations that take them. Linux: include/linux/spinlock.h.
 *
 * The flavour says what the lock keeps away from this CPU while it is held: nothing but preemption,
 * softirqs, or all interrupts. Giving a lock back is a plain call: no choice hangs on it.
 */
import { KernelBug } from './bug.ts';
import { current } from './current.ts';
import { Gives, newIdentity } from './footprint.ts';
import { lockOp } from './lock_op.ts';
import {
  checkOrder,
  checkSubclass,
  type LockClassName,
  lock_acquire,
  type lock_class,
  lock_release,
  lockClasses,
} from './lockdep.ts';
import type { Named, Op } from './op.ts';
import type { task_struct } from './sched.ts';
import { reserveOrStop, stepNow } from './steps.ts';
import type { StoreBuffer } from './store_buffer.ts';

/** Flavours of taking a lock, in the order of what they disable. */
export const PLAIN = 0;
export const BH = 1;
export const IRQ = 2;

export class spinlock_t implements Named {
  readonly class: lock_class;

  // Ours:
  readonly identity: number = newIdentity();
  covers: Named | null;
  owner: task_struct | null = null;
  /** The memory that holds it was freed. */
  freed = false;
  ops: Op | null = null;

  constructor(name: LockClassName, covers: Named | null = null) {
    this.class = lockClasses[name];
    this.covers = covers;
  }

  get name(): string {
    return this.class.name;
  }
}

export const spin_lock = (lock: spinlock_t): Op => askFor(lock, PLAIN, 0);
export const spin_lock_bh = (lock: spinlock_t): Op => askFor(lock, BH, 0);
export const spin_lock_irq = (lock: spinlock_t): Op => askFor(lock, IRQ, 0);
export const spin_lock_irqsave: (lock: spinlock_t) => Op = spin_lock_irq;
export const spin_lock_nested = (lock: spinlock_t, subclass: number): Op =>
  askFor(lock, PLAIN, subclass);
export const spin_lock_irqsave_nested = (lock: spinlock_t, subclass: number): Op =>
  askFor(lock, IRQ, subclass);

/** What is wrong already where the lock is asked for. */
function askFor(lock: spinlock_t, flavour: number, subclass: number): Op {
  const op = lockOp(lock, 'spin_lock', flavour, subclass);
  checkLock(lock, current);
  checkOrder(lock, subclass);
  return op;
}

function checkLock(lock: spinlock_t, task: task_struct): void {
  if (lock.freed || lock.owner === task) lockBug(lock, task, 'takes');
}

/** Apart from the checks, so that these stay small enough to be inlined. */
function lockBug(lock: spinlock_t, task: task_struct, does: string): never {
  if (lock.freed) throw new KernelBug('use after free', `${task.comm} ${does} ${lock.name}`);
  const holder = lock.owner === task ? 'it' : lock.owner?.comm;
  throw new KernelBug(
    'lockdep',
    `${task.comm} ${does} ${lock.name}, which ${holder} holds already`,
  );
}

/** Ours: the effect of the operation; false while somebody else holds the lock. */
export function takeSpinlock(lock: spinlock_t, op: Op, task: task_struct): boolean {
  checkLock(lock, task); // Once more: much can have happened since it was asked for.
  return grabSpinlock(lock, op, task);
}

/** Ours: as takeSpinlock(), at the moment at which the lock is asked for. */
export function grabSpinlock(lock: spinlock_t, op: Op, task: task_struct): boolean {
  if (lock.owner !== null) return false;
  lock.owner = task;
  if (op.flavour === IRQ) task.irqs_disabled++;
  task.preempt_count++;
  lock_acquire(task, lock, op.subclass, false);
  return true;
}

/**
 * Ours: asks for the lock and takes it, where nobody can come between. The `$now` functions are what
 * the straight twins of kernel code call (scripts/straight.ts); half of their time goes here.
 */
function takeNow(lock: spinlock_t, flavour: number, subclass: number): void {
  const task = current;
  const { kernel } = task;
  if (kernel.exact) {
    stepNow(askFor(lock, flavour, subclass));
    return;
  }
  if (--kernel.stepsLeft < 0) reserveOrStop(kernel);
  if (lock.freed || lock.owner !== null) lockBug(lock, task, 'takes');
  checkOrder(lock, subclass);
  lock.owner = task;
  task.preempt_count++;
  if (flavour === IRQ) task.irqs_disabled++;
  lock_acquire(task, lock, subclass, false);
}

export function spin_lock$now(lock: spinlock_t): void {
  takeNow(lock, PLAIN, 0);
}
export function spin_lock_bh$now(lock: spinlock_t): void {
  takeNow(lock, BH, 0);
}
export function spin_lock_irq$now(lock: spinlock_t): void {
  takeNow(lock, IRQ, 0);
}
export const spin_lock_irqsave$now: (lock: spinlock_t) => void = spin_lock_irq$now;
export function spin_lock_nested$now(lock: spinlock_t, subclass: number): void {
  checkSubclass(subclass);
  takeNow(lock, PLAIN, subclass);
}
export function spin_lock_irqsave_nested$now(lock: spinlock_t, subclass: number): void {
  checkSubclass(subclass);
  takeNow(lock, IRQ, subclass);
}

function giveBack(lock: spinlock_t): task_struct {
  const task = current;
  if (lock.freed) lockBug(lock, task, 'releases');
  lock_release(task, lock);
  task.preempt_count--;
  const { stores } = task;
  if (stores?.dirty) giveBackLate(lock, stores);
  else {
    lock.owner = null;
    const { footprint } = task.kernel;
    if (footprint !== null) footprint.add(lock.identity, Gives);
  }
  if (task.kernel.tracer !== null) task.kernel.tracer.release(lock);
  return task;
}

/** The lock is nobody's only when the stores before are seen; until then init has it, which runs nothing. */
function giveBackLate(lock: spinlock_t, stores: StoreBuffer): void {
  lock.owner = current.kernel.child_reaper;
  stores.push(lock, Gives, () => {
    lock.owner = null;
  });
}

export function spin_unlock(lock: spinlock_t): void {
  giveBack(lock);
}
export const spin_unlock_bh: (lock: spinlock_t) => void = spin_unlock;
export function spin_unlock_irq(lock: spinlock_t): void {
  giveBack(lock).irqs_disabled--;
}
export const spin_unlock_irqrestore: (lock: spinlock_t) => void = spin_unlock_irq;
