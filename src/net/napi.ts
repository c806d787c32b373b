/**
 * Asking a device for what it has received. Linux: net/core/dev.c, include/linux/netdevice.h.
 *
 * A device's interrupt only schedules its NAPI instance; the packets are taken in NET_RX_SOFTIRQ, up
 * to `weight` at a time, and as long as there are more the device has no need to interrupt again.
 * Whoever has NAPIF_STATE_SCHED owns the instance: a softirq, or a task that polls busily.
 *
 * Differs from Linux: gro_flush_timeout, napi_defer_hard_irqs and irq_suspend_timeout have their
 * default, 0: an instance that has no more packets goes back to interrupts at once.
 */
import { NAPI_POLL_WEIGHT } from '../kernel/busy_poll.ts';
import { list_add_tail, list_del_init, list_empty, list_head } from '../kernel/list.ts';
import type { Kernel } from '../kernel/op.ts';
import { NET_RX_SOFTIRQ, raise_softirq_irqoff } from '../kernel/softirq.ts';
import { __fentry__ } from '../kernel/trace.ts';
import { type softnet_data, thisSoftnet } from './dev.ts';
import type { net_device } from './netdevice.ts';

/** Somebody owns it. */
export const NAPIF_STATE_SCHED = 0x1;
/** It was scheduled once more meanwhile: it is to be asked again. */
export const NAPIF_STATE_MISSED = 0x2;
/** A task polls it busily. */
export const NAPIF_STATE_IN_BUSY_POLL = 0x40;
/** The softirq is to leave it to such a task. */
export const NAPIF_STATE_PREFER_BUSY_POLL = 0x80;

export class napi_struct {
  readonly dev: net_device | null;
  readonly napi_id: number;
  readonly weight: number = NAPI_POLL_WEIGHT;
  /** NAPIF_STATE_*. */
  state = 0;
  /** Takes up to `budget` packets; how many there were. */
  readonly poll: (napi: napi_struct, budget: number) => Kernel<number>;
  readonly poll_list: list_head<napi_struct> = new list_head<napi_struct>(this);

  constructor(
    dev: net_device | null,
    napi_id: number,
    poll: (napi: napi_struct, budget: number) => Kernel<number>,
  ) {
    this.dev = dev;
    this.napi_id = napi_id;
    this.poll = poll;
  }
}

/** Lets this CPU ask the instance, which the caller owns. */
export function ____napi_schedule(sd: softnet_data, napi: napi_struct): void {
  list_add_tail(napi.poll_list, sd.poll_list);
  if (!sd.in_net_rx_action) raise_softirq_irqoff(NET_RX_SOFTIRQ);
}

export const __napi_schedule = (n: napi_struct): void => ____napi_schedule(thisSoftnet(), n);

/** Becomes the owner; false, and the owner will look again, if there is one. */
export function napi_schedule_prep(n: napi_struct): boolean {
  const owned = (n.state & NAPIF_STATE_SCHED) !== 0;
  n.state |= owned ? NAPIF_STATE_MISSED : NAPIF_STATE_SCHED;
  return !owned;
}

/** The device has something. */
export function napi_schedule(n: napi_struct): boolean {
  if (!napi_schedule_prep(n)) return false;
  __napi_schedule(n);
  return true;
}

/** The device has no more: gives the instance up; false if it is to be asked again. */
export function napi_complete_done(n: napi_struct, _work_done: number): boolean {
  if ((n.state & NAPIF_STATE_IN_BUSY_POLL) !== 0) return false;
  if (!list_empty(n.poll_list)) list_del_init(n.poll_list);
  const missed = (n.state & NAPIF_STATE_MISSED) !== 0;
  n.state &= ~(NAPIF_STATE_MISSED | NAPIF_STATE_SCHED | NAPIF_STATE_PREFER_BUSY_POLL);
  if (!missed) return true;
  n.state |= NAPIF_STATE_SCHED;
  __napi_schedule(n);
  return false;
}

/** Asks once; what may have more goes to `repoll`. How many packets there were. */
export function* napi_poll(n: napi_struct, repoll: list_head<napi_struct>): Kernel<number> {
  if (n.dev !== null) __fentry__('napi_poll');
  list_del_init(n.poll_list);
  if ((n.state & NAPIF_STATE_SCHED) === 0) return 0;
  const work = yield* n.poll(n, n.weight);
  if (work < n.weight) return work;
  if ((n.state & NAPIF_STATE_PREFER_BUSY_POLL) === 0) list_add_tail(n.poll_list, repoll);
  else if (napi_complete_done(n, work)) napi_schedule(n);
  return work;
}
