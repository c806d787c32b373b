/**
 * poll(2) and select(2). Linux: fs/select.c.
 *
 * Each call queues an entry on every wait queue of every file, sleeps, and takes all entries off
 * again: the work that epoll does once an item these do at every call.
 *
 * Differs from Linux: no busy polling; `error` is never set, as no allocation fails.
 */
import { test_bit } from './bitmap.ts';
import { current } from './current.ts';
import { ERESTARTNOHAND } from './errno.ts';
import { fdget, type file, fput, get_file } from './file.ts';
import { writesTo } from './footprint.ts';
import { ktime_add_safe, ktime_get, schedule_hrtimeout_range } from './hrtimer.ts';
import type { Kernel } from './op.ts';
import { DEFAULT_POLLMASK, file_can_poll, poll_table, vfs_poll } from './poll.ts';
import {
  set_current_state,
  signal_pending,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  type task_struct,
} from './sched.ts';
import { timespec64_to_ktime, timespec64_valid } from './time.ts';
import { EBADF, EINTR, EINVAL } from './uapi/errno.ts';
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLNVAL,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDBAND,
  EPOLLRDNORM,
  EPOLLWRBAND,
  EPOLLWRNORM,
} from './uapi/eventpoll.ts';
import {
  add_wait_queue,
  default_wake_function,
  remove_wait_queue,
  wait_queue_entry,
  type wait_queue_head,
} from './wait.ts';

const N_INLINE_POLL_ENTRIES = 9;

/** The latest that a sleep may end after its time. */
const MAX_SLACK = 100_000_000;

/** How late, in ns, a sleep until `to` may end: 0.1 % of what is left, 0.5 % for nice tasks. */
export function select_estimate_accuracy(to: number): number {
  const slack = current.timer_slack_ns;
  if (slack === 0) return 0;
  const left = to - ktime_get();
  const estimate = left < 0 ? 0 : Math.floor(left / (current.nice > 0 ? 200 : 1000));
  return Math.max(Math.min(estimate, MAX_SLACK), slack);
}

/** The deadline of a call that takes seconds and nanoseconds, or -EINVAL. */
export function poll_select_set_timeout(sec: number, nsec: number): number {
  const ts = { tv_sec: sec, tv_nsec: nsec };
  if (!timespec64_valid(ts)) return -EINVAL;
  return sec === 0 && nsec === 0 ? 0 : ktime_add_safe(ktime_get(), timespec64_to_ktime(ts));
}

interface poll_table_entry {
  readonly filp: file;
  readonly key: number;
  readonly wait: wait_queue_entry;
  readonly wait_address: wait_queue_head;
}

class poll_wqueues {
  readonly pt: poll_table = new poll_table(__pollwait);
  readonly polling_task: task_struct = current;
  /** Somebody woke the task since the last look. */
  triggered = false;
  readonly entries: poll_table_entry[] = [];
}

function poll_initwait(): poll_wqueues {
  const pwq = new poll_wqueues();
  pwq.pt.owner = pwq;
  return pwq;
}

function* poll_freewait(pwq: poll_wqueues): Kernel<void> {
  // The first entries are on the stack in Linux and go in order, the rest goes from the end.
  const { entries } = pwq;
  const inline = entries.slice(0, N_INLINE_POLL_ENTRIES);
  for (const entry of [...inline, ...entries.slice(N_INLINE_POLL_ENTRIES).reverse()]) {
    yield* remove_wait_queue(entry.wait_address, entry.wait);
    fput(entry.filp);
  }
}

function* pollwake(
  wait: wait_queue_entry,
  mode: number,
  sync: number,
  key: number,
): Kernel<number> {
  const { pwq, entry } = wait.owner as { pwq: poll_wqueues; entry: { key: number } };
  if (key !== 0 && (key & entry.key) === 0) return 0;
  pwq.triggered = true;
  return default_wake_function(wait, mode, sync, key);
}

/** Queues the caller on one wait queue of a file. */
function* __pollwait(filp: file, wait_address: wait_queue_head, p: poll_table): Kernel<void> {
  const pwq = p.owner as poll_wqueues;
  const key = p._key;
  const wait = new wait_queue_entry(pollwake, pwq.polling_task, { pwq, entry: { key } });
  pwq.entries.push({ filp: get_file(filp), key, wait, wait_address });
  yield* add_wait_queue(wait_address, wait);
}

/** Sleeps unless somebody has woken the caller already; 0 when the time is up. */
function* poll_schedule_timeout(
  pwq: poll_wqueues,
  expires: number | null,
  slack: number,
): Kernel<number> {
  let rc = -EINTR;
  set_current_state(TASK_INTERRUPTIBLE);
  if (!pwq.triggered) rc = yield* schedule_hrtimeout_range(expires, slack);
  set_current_state(TASK_RUNNING);
  writesTo(current.identity); // Whoever wakes it sets `triggered`.
  pwq.triggered = false;
  return rc;
}

/** A descriptor as poll(2) takes it: what is asked of it, and what came of that. */
export interface pollfd {
  /** The descriptor; a negative one is passed over. */
  readonly fd: number;
  /** What is asked for: POLL* bits. */
  readonly events: number;
  /** What is there: POLL* bits, filled in by the call. */
  revents: number;
}

/** What of its mask one descriptor has ready. */
function* do_pollfd(pfd: pollfd, pwait: poll_table): Kernel<number> {
  if (pfd.fd < 0) return 0;
  if (!current.kernel.alone) yield current.files.lookup; // Each descriptor is looked up at its turn.
  const f = fdget(pfd.fd);
  if (f === null) return EPOLLNVAL;
  const filter = (pfd.events & 0xffff) | EPOLLERR | EPOLLHUP;
  pwait._key = filter;
  const mask = file_can_poll(f) ? yield* vfs_poll(f, pwait) : DEFAULT_POLLMASK;
  fput(f);
  return mask & filter;
}

function* do_poll(
  fds: readonly pollfd[],
  wait: poll_wqueues,
  end_time: number | null,
): Kernel<number> {
  const { pt } = wait;
  let timed_out = end_time === 0;
  if (timed_out) pt._qproc = null;
  const slack = end_time === null || timed_out ? 0 : select_estimate_accuracy(end_time);
  for (;;) {
    let count = 0;
    for (const pfd of fds) {
      const mask = yield* do_pollfd(pfd, pt);
      pfd.revents = mask;
      if (mask !== 0) {
        count++;
        pt._qproc = null; // There is something to report: no need to queue on the rest.
      }
    }
    pt._qproc = null;
    if (count === 0 && signal_pending(current)) count = -ERESTARTNOHAND;
    if (count !== 0 || timed_out) return count;
    if ((yield* poll_schedule_timeout(wait, end_time, slack)) === 0) timed_out = true;
  }
}

/** Fills `revents` in; how many are not 0, or -errno. The deadline is null for ever, 0 at once. */
export function* do_sys_poll(fds: readonly pollfd[], end_time: number | null): Kernel<number> {
  if (fds.length > current.files.nofile) return -EINVAL;
  const copied = fds.map(({ fd, events }) => ({ fd, events, revents: 0 }));
  const table = poll_initwait();
  const fdcount = yield* do_poll(copied, table, end_time);
  yield* poll_freewait(table);
  for (const [i, pfd] of fds.entries()) pfd.revents = (copied[i] as pollfd).revents;
  return fdcount;
}

/** The sets of select(2): asked for, then ready. */
export interface fd_set_bits {
  /** Descriptors that can be read: see select(2). */
  in: Set<number>;
  /** Descriptors that can be written. */
  out: Set<number>;
  /** Descriptors with something exceptional. */
  ex: Set<number>;
}

const POLLIN_SET: number = EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLNVAL;
const POLLOUT_SET: number = EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR | EPOLLNVAL;
const POLLEX_SET: number = EPOLLPRI | EPOLLNVAL;

/** One more than the highest descriptor asked for; -EBADF if one of them is not open. */
function max_select_fd(n: number, fds: fd_set_bits): number {
  const { open_fds } = current.files;
  let max = 0;
  for (const set of [fds.in, fds.out, fds.ex]) {
    for (const fd of set) {
      if (fd >= n) continue;
      if (!test_bit(fd, open_fds)) return -EBADF;
      max = Math.max(max, fd + 1);
    }
  }
  return max;
}

function* select_poll_one(
  fd: number,
  wait: poll_table,
  inBit: boolean,
  outBit: boolean,
): Kernel<number> {
  if (!current.kernel.alone) yield current.files.lookup;
  const f = fdget(fd);
  if (f === null) return EPOLLNVAL;
  wait._key = POLLEX_SET | (inBit ? POLLIN_SET : 0) | (outBit ? POLLOUT_SET : 0);
  const mask = file_can_poll(f) ? yield* vfs_poll(f, wait) : DEFAULT_POLLMASK;
  fput(f);
  return mask;
}

/** One round over all descriptors: fills `res` in; how many bits it set. */
function* selectRound(
  n: number,
  fds: fd_set_bits,
  res: fd_set_bits,
  wait: poll_table,
): Kernel<number> {
  let retval = 0;
  for (let i = 0; i < n; i++) {
    const inBit = fds.in.has(i);
    const outBit = fds.out.has(i);
    const exBit = fds.ex.has(i);
    if (!inBit && !outBit && !exBit) continue;
    const mask = yield* select_poll_one(i, wait, inBit, outBit);
    const before = retval;
    if (inBit && (mask & POLLIN_SET) !== 0 && res.in.add(i)) retval++;
    if (outBit && (mask & POLLOUT_SET) !== 0 && res.out.add(i)) retval++;
    if (exBit && (mask & POLLEX_SET) !== 0 && res.ex.add(i)) retval++;
    if (retval !== before) wait._qproc = null;
  }
  wait._qproc = null;
  return retval;
}

function* do_select(
  n: number,
  fds: fd_set_bits,
  res: fd_set_bits,
  end_time: number | null,
): Kernel<number> {
  const max = max_select_fd(n, fds);
  if (max < 0) return max;
  const table = poll_initwait();
  let timed_out = end_time === 0;
  if (timed_out) table.pt._qproc = null;
  const slack = end_time === null || timed_out ? 0 : select_estimate_accuracy(end_time);
  let retval = 0;
  for (;;) {
    retval = yield* selectRound(max, fds, res, table.pt);
    if (retval !== 0 || timed_out || signal_pending(current)) break;
    if ((yield* poll_schedule_timeout(table, end_time, slack)) === 0) timed_out = true;
  }
  yield* poll_freewait(table);
  return retval;
}

const BITS_PER_LONG = 64;

/** What select() hands back: `res`, and what lies beyond the words that it has copied. */
function set_fd_set(nr: number, ufdset: ReadonlySet<number>, res: Set<number>): Set<number> {
  const end = Math.ceil(nr / BITS_PER_LONG) * BITS_PER_LONG;
  for (const fd of ufdset) if (fd >= end) res.add(fd);
  return res;
}

/** Replaces the sets of `fds` by what is ready; how many bits are set, or -errno and no change. */
export function* core_sys_select(
  n: number,
  fds: fd_set_bits,
  end_time: number | null,
): Kernel<number> {
  if (n < 0) return -EINVAL;
  const nr = Math.min(n, current.files.max_fds);
  const asked = { in: new Set(fds.in), out: new Set(fds.out), ex: new Set(fds.ex) };
  const res: fd_set_bits = { in: new Set(), out: new Set(), ex: new Set() };
  const ret = yield* do_select(nr, asked, res, end_time);
  if (ret < 0) return ret;
  if (ret === 0 && signal_pending(current)) return -ERESTARTNOHAND;
  fds.in = set_fd_set(nr, fds.in, res.in);
  fds.out = set_fd_set(nr, fds.out, res.out);
  fds.ex = set_fd_set(nr, fds.ex, res.ex);
  return ret;
}
