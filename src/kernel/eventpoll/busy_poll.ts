/**
 * Busy polling: the receive queue of a network device is asked instead of waited for.
 * Linux: fs/eventpoll.c, under CONFIG_NET_RX_BUSY_POLL; include/net/busy_poll.h.
 *
 * Packets that come by a link have a NAPI instance, those of the loopback device have none.
 *
 * Differs from Linux: irq_suspend_timeout is 0, its default, so interrupts are never suspended.
 */
import {
  BUSY_POLL_BUDGET,
  busyLoopTimeout,
  NAPI_POLL_WEIGHT,
  napi_id_valid,
} from '../busy_poll.ts';
import { current } from '../current.ts';
import { ENOIOCTLCMD } from '../errno.ts';
import type { file } from '../file.ts';
import type { Kernel } from '../op.ts';
import { EFAULT, EINVAL, EPERM } from '../uapi/errno.ts';
import { EPIOCGPARAMS, EPIOCSPARAMS } from '../uapi/eventpoll.ts';
import { CAP_NET_ADMIN, capable } from '../user.ts';
import { ep_events_available } from './scan.ts';
import type { epitem, eventpoll } from './types.ts';

/** What EPIOCSPARAMS sets and EPIOCGPARAMS gives back. */
export interface epoll_params {
  busy_poll_usecs: number;
  busy_poll_budget: number;
  prefer_busy_poll: number;
  __pad: number;
}

const S32_MAX = 0x7fffffff;

/** Has the busy loop that began at `start_time` gone on for as long as the instance allows? */
export const busy_loop_ep_timeout = (start_time: number, ep: eventpoll): boolean =>
  busyLoopTimeout(start_time, ep.busy_poll_usecs);

export const ep_busy_loop_on = (ep: eventpoll): boolean =>
  ep.busy_poll_usecs !== 0 || ep.prefer_busy_poll;

export const ep_busy_loop_end = (ep: eventpoll, start_time: number): boolean =>
  ep_events_available(ep) || busy_loop_ep_timeout(start_time, ep);

/** Is there a device to ask, and is the instance to ask it? */
export const mayBusyLoop = (ep: eventpoll): boolean =>
  napi_id_valid(ep.napi_id) && ep_busy_loop_on(ep);

/** Polls the device of the instance's sockets; true if that made events available. */
export function* ep_busy_loop(ep: eventpoll): Kernel<boolean> {
  const { busy_poll_usecs, napi_id, prefer_busy_poll } = ep;
  const { napi_busy_loop } = current.kernel;
  const budget = ep.busy_poll_budget || BUSY_POLL_BUDGET;
  const loop_end = (start_time: number): boolean => ep_busy_loop_end(ep, start_time);
  if (napi_busy_loop !== null) {
    yield* napi_busy_loop(napi_id, loop_end, busy_poll_usecs, prefer_busy_poll, budget);
  }
  if (!current.kernel.alone) yield ep.lists;
  if (ep_events_available(ep)) return true;
  // Nothing: whoever has news next will say which device it came by.
  ep.napi_id = 0;
  return false;
}

/** Remembers which NAPI instance feeds the item's socket. */
export function ep_set_busy_poll_napi_id(epi: epitem): void {
  const { ep } = epi;
  if (!ep_busy_loop_on(ep)) return;
  const napi_id = epi.ffd.file.f_op.napi_id?.(epi.ffd.file) ?? 0;
  if (!napi_id_valid(napi_id) || napi_id === ep.napi_id) return;
  ep.napi_id = napi_id;
}

export function ep_suspend_napi_irqs(_ep: eventpoll): void {}
export function ep_resume_napi_irqs(_ep: eventpoll): void {}

export function* ep_eventpoll_bp_ioctl(f: file, cmd: number, arg: unknown): Kernel<number> {
  const ep = f.private_data as eventpoll;
  const uarg = arg as epoll_params | null;
  if (cmd !== EPIOCSPARAMS && cmd !== EPIOCGPARAMS) return -ENOIOCTLCMD;
  if (uarg === null || typeof uarg !== 'object') return -EFAULT;
  if (cmd === EPIOCSPARAMS) {
    // As wide as the members of the struct.
    const busy_poll_usecs = uarg.busy_poll_usecs >>> 0;
    const busy_poll_budget = uarg.busy_poll_budget & 0xffff;
    const prefer_busy_poll = uarg.prefer_busy_poll & 0xff;
    if ((uarg.__pad & 0xff) !== 0) return -EINVAL;
    if (busy_poll_usecs > S32_MAX) return -EINVAL;
    if (prefer_busy_poll > 1) return -EINVAL;
    if (busy_poll_budget > NAPI_POLL_WEIGHT && !capable(CAP_NET_ADMIN)) return -EPERM;
    ep.busy_poll_usecs = busy_poll_usecs;
    ep.busy_poll_budget = busy_poll_budget;
    ep.prefer_busy_poll = prefer_busy_poll !== 0;
    return 0;
  }
  uarg.busy_poll_usecs = ep.busy_poll_usecs;
  uarg.busy_poll_budget = ep.busy_poll_budget;
  uarg.prefer_busy_poll = ep.prefer_busy_poll ? 1 : 0;
  uarg.__pad = 0;
  return 0;
}
