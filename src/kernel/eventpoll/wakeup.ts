/**
 * EPOLLWAKEUP: an item that keeps the machine awake while it is queued.
 * Linux: fs/eventpoll.c (ep_wakeup_source, ep_pm_stay_awake, ep_create_wakeup_source …).
 *
 * Invariants: `epi.ws` is active exactly while the item is linked in a ready list; `ep.ws` covers
 * the moment of delivery.
 */
import type { Kernel } from '../op.ts';
import {
  __pm_stay_awake,
  type wakeup_source,
  wakeup_source_register,
  wakeup_source_unregister,
} from '../power.ts';
import { rcu_read_lock, rcu_read_unlock, synchronize_rcu } from '../rcu.ts';
import { EPOLLWAKEUP } from '../uapi/eventpoll.ts';
import { CAP_BLOCK_SUSPEND, capable } from '../user.ts';
import type { epitem } from './types.ts';

/** Called with ep->mtx held. */
export const ep_wakeup_source = (epi: epitem): wakeup_source | null => epi.ws;

/** Called with ep->mtx held. */
export function ep_pm_stay_awake(epi: epitem): void {
  if (epi.ws !== null) __pm_stay_awake(epi.ws);
}

export const ep_has_wakeup_source = (epi: epitem): boolean => epi.ws !== null;

/** Called where ep->mtx cannot be held. */
export function ep_pm_stay_awake_rcu(epi: epitem): void {
  if (epi.ws === null) return;
  rcu_read_lock();
  __pm_stay_awake(epi.ws);
  rcu_read_unlock();
}

export function ep_create_wakeup_source(epi: epitem): number {
  epi.ep.ws ??= wakeup_source_register('eventpoll');
  // The name of the dentry, which has no file system in front.
  epi.ws = wakeup_source_register(epi.ffd.file.name.replace('anon_inode:', ''));
  return 0;
}

/** MOD without EPOLLWAKEUP: a callback may still be using the source, so it lives a while yet. */
export function* ep_destroy_wakeup_source(epi: epitem): Kernel<void> {
  const { ws } = epi;
  epi.ws = null;
  yield synchronize_rcu();
  wakeup_source_unregister(ws);
}

/** The mask without EPOLLWAKEUP, for whoever may not keep the machine awake. */
export const ep_take_care_of_epollwakeup = (events: number): number =>
  (events & EPOLLWAKEUP) !== 0 && !capable(CAP_BLOCK_SUSPEND) ? events & ~EPOLLWAKEUP : events;
