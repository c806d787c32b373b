/**
 * epoll_wait: harvest, or sleep until there is something to harvest.
 * Linux: fs/eventpoll.c (ep_poll, ep_try_send_events, ep_autoremove_wake_function …).
 *
 * Every sleep uses a new entry at the head of ep->wq, which the wakeup takes off: each wakeup hits
 * another waiter, the one that fell asleep last. The ready lists are tested a last time under
 * ep->lock, where the entry is queued, so that no wakeup falls between the two.
 */
import { current } from '../current.ts';
import { fdget, type file, fput } from '../file.ts';
import { looksAt } from '../footprint.ts';
import { ktime_get, NSEC_PER_MSEC, schedule_hrtimeout_range } from '../hrtimer.ts';
import { list_del_init, list_empty, list_empty_careful } from '../list.ts';
import { lockdep_assert_irqs_enabled } from '../lockdep.ts';
import type { Kernel } from '../op.ts';
import { set_current_state, signal_pending, TASK_INTERRUPTIBLE, TASK_RUNNING } from '../sched.ts';
import { select_estimate_accuracy } from '../select.ts';
import { restore_saved_sigmask_unless, set_user_sigmask, type sigset_t } from '../signal.ts';
import { GoesRound } from '../steps.ts';
import { __fentry__, traceFact, traceNote } from '../trace.ts';
import type { EventBuffer } from '../uaccess.ts';
import { EBADF, EINTR, EINVAL } from '../uapi/errno.ts';
import {
  __add_wait_queue_exclusive,
  __remove_wait_queue,
  default_wake_function,
  init_wait,
  peekAt,
  wait_queue_entry,
} from '../wait.ts';
import * as before511 from './before_5_11.ts';
import { ep_busy_loop, mayBusyLoop } from './busy_poll.ts';
import { wakeAndKeep } from './ep_poll_before_5_11.ts';
import { is_file_epoll } from './file.ts';
import { lockLists, unlockLists, unlockUnchanged } from './lock.ts';
import { ep_events_available, ep_send_events } from './scan.ts';
import { EP_MAX_EVENTS, EP_UNACTIVE_PTR, type eventpoll } from './types.ts';

/** When the wait ends, in ns of the monotonic clock: null never, 0 at once. */
export type Deadline = number | null;

export function ep_timeout_to_timespec(ms: number): Deadline {
  if (ms < 0) return null;
  return ms === 0 ? 0 : ktime_get() + ms * NSEC_PER_MSEC;
}

/**
 * Wakes the sleeper and takes its entry off in any case: a wakeup that comes too late for it must
 * not find the entry again.
 */
function* ep_autoremove_wake_function(
  wq_entry: wait_queue_entry,
  mode: number,
  wake_flags: number,
  key: number,
): Kernel<number> {
  __fentry__('ep_autoremove_wake_function');
  const ret = default_wake_function(wq_entry, mode, wake_flags, key);
  traceNote('ep_autoremove_wake_function: off ep->wq', wq_entry);
  list_del_init(wq_entry.entry); // In this order for who looks without the lock: 2192bba03d80.
  return ret;
}

/** An entry for one sleep of the running task. */
export function newWait(): wait_queue_entry {
  const { patched } = current.kernel;
  if (!patched['412895f03cbf']) return new wait_queue_entry(wakeAndKeep, current);
  // Before a16ceb139610 a wakeup that came too late left the entry on the queue.
  return patched.a16ceb139610
    ? new wait_queue_entry(ep_autoremove_wake_function, current)
    : init_wait();
}

/** Linux would suspend the interrupts of a busy-polled device here, of which there is none. */
const ep_try_send_events = (
  ep: eventpoll,
  events: EventBuffer,
  maxevents: number,
): Kernel<number> => sendEvents(ep, events, maxevents);

/** Ours: ep_send_events() of the kernel that is modelled. */
export const sendEvents = (
  ep: eventpoll,
  events: EventBuffer,
  maxevents: number,
): Kernel<number> =>
  current.kernel.patched['319c15174757']
    ? ep_send_events(ep, events, maxevents)
    : before511.ep_send_events(ep, events, maxevents);

/**
 * ep_events_available() without the lock: two looks, so the answer may be one that was true at no
 * moment (Race: false-negative). Since 0c4aefe3c2d0 it is true if a scan began or ended meanwhile.
 * Before e59d3c64cba6 who would not sleep took the lock (`forGood`).
 */
export function* lookForEvents(ep: eventpoll, forGood = false): Kernel<boolean> {
  if (current.kernel.alone) return ep_events_available(ep);
  const { patched } = current.kernel;
  if (forGood && !patched.e59d3c64cba6) return yield* lookUnderLock(ep);
  yield ep.ready;
  // Linux spins until the scan has begun, or ended (read_seqcount_begin).
  const counts = patched['0c4aefe3c2d0'];
  if (counts) looksAt(ep.scan.target.identity);
  if (counts && (ep.seq & 1) !== 0) return yield* lookUnderLock(ep);
  const seq = counts ? ep.seq : 0;
  if (!list_empty_careful(ep.rdllist)) return true;
  yield ep.scan;
  return ep.ovflist !== EP_UNACTIVE_PTR || (counts && ep.seq !== seq);
}

function* lookUnderLock(ep: eventpoll): Kernel<boolean> {
  yield lockLists(ep);
  const eavail = ep_events_available(ep);
  unlockUnchanged(ep);
  return eavail;
}

/** Is there time left to sleep? */
const ep_schedule_timeout = (to: Deadline): boolean => to === null || to > ktime_get();

/** Events for the user: how many, 0 when the time is over, or -errno. */
export function* ep_poll(
  ep: eventpoll,
  events: EventBuffer,
  maxevents: number,
  timeout: Deadline,
): Kernel<number> {
  const { patched } = current.kernel;
  __fentry__('ep_poll');
  lockdep_assert_irqs_enabled();
  const { observer } = current.kernel;
  const slack = timeout === null || timeout === 0 ? 0 : select_estimate_accuracy(timeout);
  let timed_out = timeout === 0;
  let eavail = yield* lookForEvents(ep, timed_out);
  for (;;) {
    if (eavail) {
      const res = yield* ep_try_send_events(ep, events, maxevents);
      if (res !== 0) return res;
    }
    if (timed_out) return 0;
    eavail = mayBusyLoop(ep) && (yield* ep_busy_loop(ep));
    if (eavail) continue;
    if (signal_pending(current)) return -EINTR;
    const wait = newWait();
    if (patched['65759097d804']) {
      yield lockLists(ep);
      set_current_state(TASK_INTERRUPTIBLE);
      // The last look is under the lock: a scan shows both lists empty for a moment.
      eavail = ep_events_available(ep);
      // Two waiters could see nothing but the empty scan of the other, by turns and for ever.
      if (eavail && current.kernel.cutsCircles && list_empty(ep.rdllist))
        throw new GoesRound('ep_poll');
      if (!eavail) {
        traceNote('ep_poll: nothing ready, onto ep->wq', wait);
        traceFact('sleeps', ep);
        __add_wait_queue_exclusive(ep.wq, wait);
      }
      if (eavail) unlockUnchanged(ep);
      else unlockLists(ep);
    } else {
      eavail = yield* before511.queueAndLook(ep, wait);
    }
    if (!eavail) {
      if (ep_schedule_timeout(timeout) || !patched['0a65bc27bd64']) {
        timed_out = (yield* schedule_hrtimeout_range(timeout, slack)) === 0;
      } else if (patched.d9ec73301099) {
        timed_out = true; // Without it the wait goes on, and never sleeps (R33).
      }
    }
    set_current_state(TASK_RUNNING);
    if (observer !== null && !eavail && !timed_out) observer.woken(ep);
    eavail = !timed_out || patched['289caf5d8f6c'];
    if (!current.kernel.alone) yield peekAt(ep.wq);
    if (!list_empty_careful(wait.entry)) {
      yield lockLists(ep);
      // Off the queue although the time is up: a wakeup chose this task, so it must harvest.
      if (timed_out && eavail) eavail = list_empty(wait.entry);
      traceNote('ep_poll: nobody took it off ep->wq, so it leaves', wait);
      __remove_wait_queue(ep.wq, wait);
      unlockLists(ep);
    }
  }
}

/** Checks the arguments in Linux's order; 0 or -errno. */
function ep_check_params(file: file, maxevents: number): number {
  if (maxevents <= 0 || maxevents > EP_MAX_EVENTS) return -EINVAL;
  return is_file_epoll(file) ? 0 : -EINVAL;
}

/** What io_uring calls: events that are there, without sleeping. */
export function* epoll_sendevents(
  file: file,
  events: EventBuffer,
  maxevents: number,
): Kernel<number> {
  const ret = ep_check_params(file, maxevents);
  if (ret !== 0) return ret;
  const ep = file.private_data as eventpoll;
  return (yield* lookForEvents(ep)) ? yield* ep_try_send_events(ep, events, maxevents) : 0;
}

export function* do_epoll_wait(
  epfd: number,
  events: EventBuffer,
  maxevents: number,
  to: Deadline,
): Kernel<number> {
  const f = fdget(epfd);
  // Up to 6.14 the size of the buffer was looked at before the descriptor.
  if (!current.kernel.patched.ae3a4f1fdc2c && (maxevents <= 0 || maxevents > EP_MAX_EVENTS)) {
    if (f !== null) fput(f);
    return -EINVAL;
  }
  if (f === null) return -EBADF;
  let ret = ep_check_params(f, maxevents);
  const ep = f.private_data as eventpoll;
  if (ret === 0 && current.kernel.patched['00b27634bc47']) {
    ret = yield* ep_poll(ep, events, maxevents, to);
  } else if (ret === 0) {
    ret = yield* before511.ep_poll(ep, events, maxevents, to);
  }
  fput(f);
  return ret;
}

/** epoll_wait with a signal mask that is in force for the length of the call. */
export function* do_epoll_pwait(
  epfd: number,
  events: EventBuffer,
  maxevents: number,
  to: Deadline,
  sigmask: sigset_t | null,
): Kernel<number> {
  let error = yield* set_user_sigmask(sigmask);
  if (error !== 0) return error;
  error = yield* do_epoll_wait(epfd, events, maxevents, to);
  yield* restore_saved_sigmask_unless(error === -EINTR);
  return error;
}
