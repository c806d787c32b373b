/** epoll_create to epoll_pwait2. Linux: fs/eventpoll.c (the SYSCALL_DEFINEs). */

import { current } from '../kernel/current.ts';
import {
  do_epoll_create,
  do_epoll_ctl,
  do_epoll_pwait,
  do_epoll_wait,
  ep_op_has_event,
  ep_timeout_to_timespec,
} from '../kernel/eventpoll/index.ts';
import { NSEC_PER_SEC } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import { poll_select_set_timeout } from '../kernel/select.ts';
import type { sigset_t } from '../kernel/signal.ts';
import type { timespec } from '../kernel/time.ts';
import type { EventBuffer, epoll_event } from '../kernel/uaccess.ts';
import { EFAULT, EINVAL, ENOSYS } from '../kernel/uapi/errno.ts';
import { refuse } from './refuse.ts';

export type { timespec };

export const sys_epoll_create1 = (flags: number): Kernel<number> => do_epoll_create(flags);

export const sys_epoll_create = (size: number): Kernel<number> =>
  size <= 0 ? refuse(-EINVAL) : do_epoll_create(0);

/** `event` is null for a NULL pointer. */
export const sys_epoll_ctl = (
  epfd: number,
  op: number,
  fd: number,
  event: epoll_event | null,
): Kernel<number> =>
  ep_op_has_event(op) && event === null
    ? refuse(-EFAULT)
    : do_epoll_ctl(epfd, op, fd, event, false);

export const sys_epoll_wait = (
  epfd: number,
  events: EventBuffer,
  maxevents: number,
  timeout: number,
): Kernel<number> => do_epoll_wait(epfd, events, maxevents, ep_timeout_to_timespec(timeout));

export const sys_epoll_pwait = (
  epfd: number,
  events: EventBuffer,
  maxevents: number,
  timeout: number,
  sigmask: sigset_t | null,
): Kernel<number> =>
  do_epoll_pwait(epfd, events, maxevents, ep_timeout_to_timespec(timeout), sigmask);

/** Ours: a span of nanoseconds as a timespec; a negative one has negative parts, as C divides. */
export const toTimespec = (ns: number): timespec => ({
  tv_sec: Math.trunc(ns / NSEC_PER_SEC),
  tv_nsec: ns % NSEC_PER_SEC,
});

export function sys_epoll_pwait2(
  epfd: number,
  events: EventBuffer,
  maxevents: number,
  timeout: timespec | null,
  sigmask: sigset_t | null,
): Kernel<number> {
  if (!current.kernel.patched['58169a52ebc9']) return refuse(-ENOSYS);
  let to: number | null = null;
  if (timeout !== null) {
    to = poll_select_set_timeout(timeout.tv_sec, timeout.tv_nsec);
    if (to < 0) return refuse(-EINVAL);
  }
  return do_epoll_pwait(epfd, events, maxevents, to, sigmask);
}
