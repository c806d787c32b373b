/** poll, ppoll, select, pselect6. Linux: fs/select.c (the SYSCALL_DEFINEs). */
import { ERESTARTNOHAND } from '../kernel/errno.ts';
import { ktime_get, NSEC_PER_MSEC } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import {
  core_sys_select,
  do_sys_poll,
  type fd_set_bits,
  poll_select_set_timeout,
  type pollfd,
} from '../kernel/select.ts';
import { restore_saved_sigmask_unless, set_user_sigmask, type sigset_t } from '../kernel/signal.ts';
import { EINTR, EINVAL } from '../kernel/uapi/errno.ts';
import type { timespec } from './epoll.ts';
import { refuse } from './refuse.ts';

/** `timeout_msecs` is negative for ever. */
export const sys_poll = (fds: readonly pollfd[], timeout_msecs: number): Kernel<number> =>
  do_sys_poll(fds, timeout_msecs < 0 ? null : pollDeadline(timeout_msecs));

const pollDeadline = (ms: number): number => (ms === 0 ? 0 : ktime_get() + ms * NSEC_PER_MSEC);

/** The deadline of an optional time span: null for ever, negative for an invalid one. */
const deadline = (span: timespec | null): number | null =>
  span === null ? null : poll_select_set_timeout(span.tv_sec, span.tv_nsec);

export function sys_ppoll(
  fds: readonly pollfd[],
  tsp: timespec | null,
  sigmask: sigset_t | null,
): Kernel<number> {
  const to = deadline(tsp);
  if (to !== null && to < 0) return refuse(-EINVAL);
  return withMask(sigmask, tsp !== null, () => do_sys_poll(fds, to));
}

export function sys_select(n: number, fds: fd_set_bits, timeout: timespec | null): Kernel<number> {
  const to = deadline(timeout);
  if (to !== null && to < 0) return refuse(-EINVAL);
  return withMask(null, timeout !== null, () => core_sys_select(n, fds, to));
}

export function sys_pselect6(
  n: number,
  fds: fd_set_bits,
  tsp: timespec | null,
  sigmask: sigset_t | null,
): Kernel<number> {
  const to = deadline(tsp);
  if (to !== null && to < 0) return refuse(-EINVAL);
  return withMask(sigmask, tsp !== null, () => core_sys_select(n, fds, to));
}

/**
 * Runs a call under a signal mask. One that has been told how long to wait is not restarted after
 * a signal: it would wait too long.
 */
function* withMask(
  sigmask: sigset_t | null,
  timed: boolean,
  call: () => Kernel<number>,
): Kernel<number> {
  yield* set_user_sigmask(sigmask);
  const ret = yield* call();
  yield* restore_saved_sigmask_unless(ret === -ERESTARTNOHAND);
  return ret === -ERESTARTNOHAND && timed ? -EINTR : ret;
}
