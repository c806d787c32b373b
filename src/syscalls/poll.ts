/** poll, ppoll, select, pselect6. Linux: fs/select.c (the SYSCALL_DEFINEs). */
import { ERESTARTNOHAND } from '../kernel/errno.ts';
import { ktime_get, NSEC_PER_MSEC, NSEC_PER_SEC } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import {
  core_sys_select,
  do_sys_poll,
  type fd_set_bits,
  poll_select_set_timeout,
  type pollfd,
} from '../kernel/select.ts';
import { restore_saved_sigmask_unless, set_user_sigmask, type sigset_t } from '../kernel/signal.ts';
import { EINVAL } from '../kernel/uapi/errno.ts';
import type { timespec } from './epoll.ts';

/** `timeout_msecs` is negative for ever. */
export const sys_poll = (fds: readonly pollfd[], timeout_msecs: number): Kernel<number> =>
  do_sys_poll(fds, pollDeadline(timeout_msecs));

const pollDeadline = (ms: number): number | null =>
  ms < 0 ? null : ms === 0 ? 0 : ktime_get() + ms * NSEC_PER_MSEC;

/** The deadline of an optional time span: null for ever, negative for an invalid one. */
const deadline = (span: timespec | null): number | null =>
  span === null ? null : poll_select_set_timeout(span.tv_sec, span.tv_nsec);

export function* sys_ppoll(
  fds: readonly pollfd[],
  tsp: timespec | null,
  sigmask: sigset_t | null,
): Kernel<number> {
  const end_time = deadline(tsp);
  if (end_time !== null && end_time < 0) return -EINVAL;
  yield* set_user_sigmask(sigmask);
  const ret = yield* do_sys_poll(fds, end_time);
  return yield* poll_select_finish(end_time, tsp, ret);
}

export const sys_select = (n: number, fds: fd_set_bits, timeout: timespec | null): Kernel<number> =>
  sys_pselect6(n, fds, timeout, null);

export function* sys_pselect6(
  n: number,
  fds: fd_set_bits,
  tsp: timespec | null,
  sigmask: sigset_t | null,
): Kernel<number> {
  const end_time = deadline(tsp);
  if (end_time !== null && end_time < 0) return -EINVAL;
  yield* set_user_sigmask(sigmask);
  const ret = yield* core_sys_select(n, fds, end_time);
  return yield* poll_select_finish(end_time, tsp, ret);
}

/** Takes the signal mask back and leaves the caller with the rest of its time. */
function* poll_select_finish(
  end_time: number | null,
  tsp: timespec | null,
  ret: number,
): Kernel<number> {
  yield* restore_saved_sigmask_unless(ret === -ERESTARTNOHAND);
  if (tsp === null || end_time === null || end_time === 0) return ret;
  const left = Math.max(0, end_time - ktime_get());
  tsp.tv_sec = Math.floor(left / NSEC_PER_SEC);
  tsp.tv_nsec = left % NSEC_PER_SEC;
  return ret;
}
