/** poll, ppoll, select, pselect6. Linux: fs/select.c (the SYSCALL_DEFINEs). */
import { ERESTARTNOHAND } from '../kernel/errno.ts';
import { ktime_get, NSEC_PER_MSEC, NSEC_PER_SEC } from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import { set_restart_fn } from '../kernel/sched.ts';
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

const NSEC_PER_USEC = 1000;
const USEC_PER_SEC = 1_000_000;

/** `timeout_msecs` is negative for ever. */
export const sys_poll = (fds: readonly pollfd[], timeout_msecs: number): Kernel<number> =>
  do_restart_poll(fds, pollDeadline(timeout_msecs));

const pollDeadline = (ms: number): number | null =>
  ms < 0 ? null : ms === 0 ? 0 : ktime_get() + ms * NSEC_PER_MSEC;

/** poll() up to a moment; one that is interrupted and goes on has the rest of its time. */
function* do_restart_poll(fds: readonly pollfd[], end_time: number | null): Kernel<number> {
  const ret = yield* do_sys_poll(fds, end_time);
  if (ret !== -ERESTARTNOHAND) return ret;
  return set_restart_fn(() => do_restart_poll(fds, end_time));
}

/** The deadline of an optional time span: null for ever, negative for an invalid one. */
const deadline = (span: timespec | null): number | null =>
  span === null ? null : poll_select_set_timeout(span.tv_sec, span.tv_nsec);

export function* sys_ppoll(
  fds: readonly pollfd[],
  tsp: timespec | null,
  sigmask: sigset_t | null,
): Kernel<number> {
  const start = ktime_get();
  const end_time = deadline(tsp);
  if (end_time !== null && end_time < 0) return -EINVAL;
  yield* set_user_sigmask(sigmask);
  const ret = yield* do_sys_poll(fds, end_time);
  return yield* poll_select_finish(start, tsp, tsp, ret);
}

/**
 * `tvp` stands for a timeval: its microseconds are those of `tv_nsec`, may be more than a second,
 * and are what is left over at the end.
 */
export function* sys_select(n: number, fds: fd_set_bits, tvp: timespec | null): Kernel<number> {
  const start = ktime_get();
  const span = tvp === null ? null : fromTimeval(tvp);
  const end_time = deadline(span);
  if (end_time !== null && end_time < 0) return -EINVAL;
  const ret = yield* core_sys_select(n, fds, end_time);
  const result = yield* poll_select_finish(start, span, tvp, ret);
  if (tvp !== null) tvp.tv_nsec -= tvp.tv_nsec % NSEC_PER_USEC;
  return result;
}

function fromTimeval({ tv_sec, tv_nsec }: timespec): timespec {
  const usec = Math.trunc(tv_nsec / NSEC_PER_USEC);
  const rest = (usec % USEC_PER_SEC) * NSEC_PER_USEC;
  return { tv_sec: tv_sec + Math.trunc(usec / USEC_PER_SEC), tv_nsec: rest };
}

export function* sys_pselect6(
  n: number,
  fds: fd_set_bits,
  tsp: timespec | null,
  sigmask: sigset_t | null,
): Kernel<number> {
  const start = ktime_get();
  const end_time = deadline(tsp);
  if (end_time !== null && end_time < 0) return -EINVAL;
  yield* set_user_sigmask(sigmask);
  const ret = yield* core_sys_select(n, fds, end_time);
  return yield* poll_select_finish(start, tsp, tsp, ret);
}

/**
 * Takes the signal mask back, and leaves the caller in `p` what is left of `span`, which began at
 * `start`: counted in seconds and nanoseconds, as a ktime is too short for some spans.
 */
function* poll_select_finish(
  start: number,
  span: timespec | null,
  p: timespec | null,
  ret: number,
): Kernel<number> {
  yield* restore_saved_sigmask_unless(ret === -ERESTARTNOHAND);
  if (p === null || span === null || (span.tv_sec === 0 && span.tv_nsec === 0)) return ret;
  const elapsed = ktime_get() - start;
  let sec = span.tv_sec - Math.floor(elapsed / NSEC_PER_SEC);
  let nsec = span.tv_nsec - (elapsed % NSEC_PER_SEC);
  if (nsec < 0) {
    nsec += NSEC_PER_SEC;
    sec--;
  }
  p.tv_sec = Math.max(sec, 0);
  p.tv_nsec = sec < 0 ? 0 : nsec;
  return ret;
}
