/**
 * `ep->lock`: a spinlock, except from 5.1 to 6.17, when callbacks shared a rwlock. It guards the
 * lists and who is on ep->wq, whose own lock stood in for it from 4.19 to 5.0.
 * Linux: fs/eventpoll.c; a218cc491420 brought the rwlock, 0c43094f8cc9 took it away.
 */
import { current } from '../current.ts';
import { onlyLookedUnder } from '../footprint.ts';
import type { Kernel, Op } from '../op.ts';
import {
  read_lock_irqsave,
  read_unlock_irqrestore,
  write_lock_irq,
  write_unlock_irq,
} from '../rwlock.ts';
import { WF_SYNC } from '../sched.ts';
import {
  spin_lock_irq,
  spin_lock_irqsave,
  spin_unlock_irq,
  spin_unlock_irqrestore,
} from '../spinlock.ts';
import { wake_up, wake_up_locked, wake_up_sync } from '../wait.ts';
import type { eventpoll } from './types.ts';

/** Taken by a scan, or by whoever queues an item or a waiter. */
export const lockLists = (ep: eventpoll): Op =>
  ep.rwlock === null ? spin_lock_irq(ep.lock) : write_lock_irq(ep.rwlock);

export function unlockLists(ep: eventpoll): void {
  if (ep.rwlock === null) spin_unlock_irq(ep.lock);
  else write_unlock_irq(ep.rwlock);
}

/**
 * Ours: as unlockLists(), where nothing was done but to look. Under the rwlock that says nothing:
 * ep_poll_callback() shares it and changes the lists all the same.
 */
export function unlockUnchanged(ep: eventpoll): void {
  if (ep.rwlock === null) onlyLookedUnder(ep.lock);
  unlockLists(ep);
}

/** Taken by ep_poll_callback(), which a rwlock lets run on several CPUs at once. */
export const lockCallback = (ep: eventpoll): Op =>
  ep.rwlock === null ? spin_lock_irqsave(ep.lock) : read_lock_irqsave(ep.rwlock);

export function unlockCallback(ep: eventpoll): void {
  if (ep.rwlock === null) spin_unlock_irqrestore(ep.lock);
  else read_unlock_irqrestore(ep.rwlock);
}

/** Wakes one waiter. Called with the lists locked; before a218cc491420 that locked ep->wq as well. */
export function wakeWaiter(ep: eventpoll, sync = 0): Kernel<number> {
  const { patched } = current.kernel;
  if (!patched.a218cc491420) return wake_up_locked(ep.wq);
  return (sync & WF_SYNC) !== 0 && patched['900bbaae67e9'] ? wake_up_sync(ep.wq) : wake_up(ep.wq);
}
