/** timerfd_create, timerfd_settime, timerfd_gettime. Linux: fs/timerfd.c (the SYSCALL_DEFINEs). */
import type { Kernel } from '../kernel/op.ts';
import type { itimerspec } from '../kernel/time.ts';
import { do_timerfd_create, do_timerfd_gettime, do_timerfd_settime } from '../kernel/timerfd.ts';
import { EFAULT } from '../kernel/uapi/errno.ts';
import { refuse } from './refuse.ts';

export const sys_timerfd_create = (clockid: number, flags: number): Kernel<number> =>
  do_timerfd_create(clockid, flags);

/** `utmr` is null for a NULL pointer; `otmr` is filled in with the time before, unless null. */
export const sys_timerfd_settime = (
  ufd: number,
  flags: number,
  utmr: itimerspec | null,
  otmr: itimerspec | null,
): Kernel<number> => (utmr === null ? refuse(-EFAULT) : do_timerfd_settime(ufd, flags, utmr, otmr));

/** Fills in `otmr`. */
export const sys_timerfd_gettime = (ufd: number, otmr: itimerspec): Kernel<number> =>
  do_timerfd_gettime(ufd, otmr);
