/**
 * Sleeping locks. Linux: kernel/locking/mutex.c.
 *
 * Invariants: `wait_list` holds those who found the mutex taken, first come first, until they have
 * it; unlock wakes the first, who takes the mutex when it runs.
 * Differs from Linux: somebody else may be quicker any number of times, no MUTEX_FLAG_HANDOFF.
 */
import Denque from 'denque';
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
  might_sleep,
} from './lockdep.ts';
import type { Named, Op } from './op.ts';
import { TASK_UNINTERRUPTIBLE, type task_struct, wake_up_process } from './sched.ts';
import { reserveOrStop, stepNow } from './steps.ts';
import type { StoreBuffer } from './store_buffer.ts';

export class mutex implements Named {
  readonly class: lock_class;
  owner: task_struct | null = null;
  wait_list: Denque<task_struct> | null = null;

  // Ours:
  readonly identity: number = newIdentity();
  covers: Named | null;
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

export const mutex_lock_nested = (lock: mutex, subclass: number): Op => askFor(lock, subclass);

function askFor(lock: mutex, subclass: number): Op {
  checkLock(lock, current); // On the asker's stack, see checkOrder().
  const op = lockOp(lock, 'mutex_lock', 0, subclass);
  checkOrder(lock, subclass);
  return op;
}

export const mutex_lock = (lock: mutex): Op => mutex_lock_nested(lock, 0);

/** Ours: as spin_lock$now() in spinlock.ts. */
export function mutex_lock_nested$now(lock: mutex, subclass: number): void {
  const task = current;
  const { kernel } = task;
  if (kernel.exact) {
    stepNow(askFor(lock, subclass));
    return;
  }
  checkLock(lock, task);
  checkSubclass(subclass);
  checkOrder(lock, subclass);
  if (--kernel.stepsLeft < 0) reserveOrStop(kernel);
  if (!grabMutex(lock, subclass, task))
    lockBug(lock, task, 'locks', `which ${lock.owner?.comm} holds`);
}

export const mutex_lock$now = (lock: mutex): void => mutex_lock_nested$now(lock, 0);

export function mutex_trylock(lock: mutex): boolean {
  return lock.owner === null && takeMutex(lock, 0, current);
}

function checkLock(lock: mutex, task: task_struct): void {
  if (lock.freed) lockBug(lock, task, 'locks');
  might_sleep(task, 'mutex_lock');
  if (lock.owner === task) lockBug(lock, task, 'locks', 'which it holds already');
}

/** Apart from the checks, so that these stay small enough to be inlined. */
function lockBug(lock: mutex, task: task_struct, does: string, but = ''): never {
  if (lock.freed) throw new KernelBug('use after free', `${task.comm} ${does} ${lock.name}`);
  throw new KernelBug('lockdep', `${task.comm} ${does} ${lock.name}, ${but}`);
}

/** Ours: the effect of the operation; false while somebody else holds the mutex. */
export function takeMutex(lock: mutex, subclass: number, task: task_struct): boolean {
  checkLock(lock, task);
  return grabMutex(lock, subclass, task);
}

/** Ours: as takeMutex(), at the moment at which the mutex is asked for. */
export function grabMutex(lock: mutex, subclass: number, task: task_struct): boolean {
  if (lock.owner !== null) return false;
  lock.owner = task;
  const { wait_list } = lock;
  if (wait_list !== null && wait_list.length > 0) stopWaiting(wait_list, task);
  lock_acquire(task, lock, subclass, false);
  return true;
}

/** Ours: puts a task that found the mutex taken to sleep on it; it keeps the place it has in line. */
export function waitForMutex(lock: mutex, task: task_struct): void {
  task.__state = TASK_UNINTERRUPTIBLE;
  lock.wait_list ??= new Denque();
  if (placeIn(lock.wait_list, task) < 0) lock.wait_list.push(task);
}

function placeIn(wait_list: Denque<task_struct>, task: task_struct): number {
  for (let i = 0; i < wait_list.length; i++) if (wait_list.peekAt(i) === task) return i;
  return -1;
}

function stopWaiting(wait_list: Denque<task_struct>, task: task_struct): void {
  const place = placeIn(wait_list, task);
  if (place >= 0) wait_list.removeOne(place);
}

export function mutex_unlock(lock: mutex): void {
  const task = current;
  if (lock.freed || lock.owner !== task) lockBug(lock, task, 'unlocks', 'which it does not hold');
  lock_release(task, lock);
  const { stores } = task;
  const { footprint, tracer } = task.kernel;
  const late = stores?.dirty === true;
  if (late) giveBackLate(lock, stores);
  else {
    lock.owner = null;
    if (footprint !== null) footprint.add(lock.identity, Gives);
  }
  if (tracer !== null) tracer.release(lock);
  if (!late) wakeNext(lock);
}

/** As in spinlock.ts. */
function giveBackLate(lock: mutex, stores: StoreBuffer): void {
  lock.owner = current.kernel.child_reaper;
  stores.push(lock, Gives, () => {
    lock.owner = null;
    wakeNext(lock);
  });
}

function wakeNext(lock: mutex): void {
  const next = lock.wait_list?.peekFront();
  if (next !== undefined) wake_up_process(next);
}

export const mutex_is_locked = (lock: mutex): boolean => lock.owner !== null;
