/**
 * epoll_wait before 00b27634bc47 (5.11) made one loop of it. Linux: fs/eventpoll.c of 4.4 to 5.10
 * (ep_poll).
 *
 * The call fetches events, which may mean to sleep, sends them, and fetches again if nothing was
 * left to send. How it sleeps changed three times:
 *
 *   4.x          one entry for a sleep, all tests under the lock
 *   5.0 to 5.6   one entry for the whole call, and tests without the lock (c5a282e9635e,
 *                86c051793b4c): a waiter can be hit twice, and can miss the end of a scan
 *   5.7 to 5.10  an entry for a sleep, which a wakeup takes off the queue (412895f03cbf), and the
 *                last test under the lock (65759097d804)
 */
import { current } from '../current.ts';
import { schedule_hrtimeout_range } from '../hrtimer.ts';
import { list_empty, list_empty_careful } from '../list.ts';
import type { Kernel, Op } from '../op.ts';
import {
  fatal_signal_pending,
  set_current_state,
  signal_pending,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
} from '../sched.ts';
import { select_estimate_accuracy } from '../select.ts';
import { spin_lock_irq, spin_unlock_irq } from '../spinlock.ts';
import { GoesRound } from '../steps.ts';
import { __fentry__, traceFact, traceNote } from '../trace.ts';
import type { EventBuffer } from '../uaccess.ts';
import { EINTR } from '../uapi/errno.ts';
import {
  __add_wait_queue_exclusive,
  __remove_wait_queue,
  default_wake_function,
  peekAt,
  type wait_queue_entry,
} from '../wait.ts';
import { ep_busy_loop, mayBusyLoop } from './busy_poll.ts';
import { type Deadline, lookForEvents, newWait, sendEvents } from './ep_poll.ts';
import { lockLists, unlockLists } from './lock.ts';
import { ep_events_available } from './scan.ts';
import type { eventpoll } from './types.ts';

/** The variables of a call that its parts share. */
class Call {
  res = 0;
  eavail = false;
  timed_out = false;
  /** On ep->wq between two sleeps. */
  wait: wait_queue_entry | null = null;
  readonly to: Deadline;
  readonly slack: number;

  constructor(to: Deadline) {
    this.to = to;
    this.slack = to === null || to === 0 ? 0 : select_estimate_accuracy(to);
  }
}

const patched = (): typeof current.kernel.patched => current.kernel.patched;

/** SIGKILL is pending, and the kernel looks for it. */
const killed = (): boolean => patched().c257a340ede0 && fatal_signal_pending(current);

/**
 * What guards who is on ep->wq: the lock of the lists, except from 5.1 to 5.5, when it was the lock
 * of the queue, which ADD and MOD do not hold when they look for waiters (1b53734bd0b2).
 */
const ofQueue = (ep: eventpoll): boolean => ep.rwlock !== null && !patched()['1b53734bd0b2'];
const lockWaiters = (ep: eventpoll): Op =>
  ofQueue(ep) ? spin_lock_irq(ep.wq.lock) : lockLists(ep);

function unlockWaiters(ep: eventpoll): void {
  if (ofQueue(ep)) spin_unlock_irq(ep.wq.lock);
  else unlockLists(ep);
}

/** Sleeps until woken or until the time is over. */
function* sleep(ep: eventpoll, call: Call): Kernel<void> {
  if ((yield* schedule_hrtimeout_range(call.to, call.slack)) === 0) call.timed_out = true;
  else current.kernel.observer?.woken(ep);
}

/** Events for the user: how many, 0 when the time is over, or -errno. */
export function* ep_poll(
  ep: eventpoll,
  events: EventBuffer,
  maxevents: number,
  timeout: Deadline,
): Kernel<number> {
  __fentry__('ep_poll');
  const call = new Call(timeout);
  if (timeout === 0) {
    call.timed_out = true;
    call.eavail = yield* lookForEvents(ep, true);
  } else {
    yield* fetchEvents(ep, call);
  }
  for (;;) {
    if (patched()['65759097d804'] && killed()) call.res = -EINTR;
    if (call.res !== 0 || !call.eavail) break;
    call.res = yield* sendEvents(ep, events, maxevents);
    if (call.res !== 0 || call.timed_out) break;
    yield* fetchEvents(ep, call);
    // Two waiters could see nothing but the empty scan of the other, by turns and for ever.
    if (call.eavail && current.kernel.cutsCircles && list_empty(ep.rdllist)) {
      throw new GoesRound('ep_poll');
    }
  }
  if (call.wait !== null) yield* leaveQueue(ep, call.wait);
  return call.res;
}

/** Looks for events, and sleeps until there may be some. */
function fetchEvents(ep: eventpoll, call: Call): Kernel<void> {
  if (!patched().c5a282e9635e) return sleepUnderLock(ep, call);
  return patched()['412895f03cbf'] ? sleepOnce(ep, call) : sleepOnOneEntry(ep, call);
}

/** 4.x: whatever is decided is decided under the lock, which is given back for the sleep alone. */
function* sleepUnderLock(ep: eventpoll, call: Call): Kernel<void> {
  if (mayBusyLoop(ep)) yield* ep_busy_loop(ep);
  yield lockLists(ep);
  if (!ep_events_available(ep)) {
    const wait = newWait();
    traceNote('ep_poll: nothing ready, onto ep->wq', wait);
    traceFact('sleeps', ep);
    __add_wait_queue_exclusive(ep.wq, wait);
    for (;;) {
      set_current_state(TASK_INTERRUPTIBLE);
      if (killed()) {
        call.res = -EINTR;
        break;
      }
      if (ep_events_available(ep) || call.timed_out) break;
      if (signal_pending(current)) {
        call.res = -EINTR;
        break;
      }
      unlockLists(ep);
      yield* sleep(ep, call);
      yield lockLists(ep);
    }
    __remove_wait_queue(ep.wq, wait);
    set_current_state(TASK_RUNNING);
  }
  // abc610e01c66: no second look when the time is over.
  call.eavail = ep_events_available(ep) && !(call.timed_out && patched().abc610e01c66);
  unlockLists(ep);
}

/** 5.0 to 5.6: an entry that no wakeup takes off, and no lock around the looks. */
function* sleepOnOneEntry(ep: eventpoll, call: Call): Kernel<void> {
  if (mayBusyLoop(ep)) yield* ep_busy_loop(ep);
  call.eavail = yield* lookForEvents(ep);
  if (call.eavail) return;
  if (call.wait === null) {
    call.wait = newWait();
    traceNote('ep_poll: nothing ready, onto ep->wq', call.wait);
    traceFact('sleeps', ep);
    yield lockWaiters(ep);
    __add_wait_queue_exclusive(ep.wq, call.wait);
    unlockWaiters(ep);
  }
  for (;;) {
    // Race: one-entry-two-wakeups. From here on a second wakeup can hit the same entry.
    set_current_state(TASK_INTERRUPTIBLE);
    if (killed()) {
      call.res = -EINTR;
      break;
    }
    call.eavail = yield* lookForEvents(ep);
    if (call.eavail) break;
    if (signal_pending(current)) {
      call.res = -EINTR;
      break;
    }
    yield* sleep(ep, call);
    if (!call.timed_out) continue;
    if (!patched().abc610e01c66) call.eavail = yield* lookForEvents(ep);
    break;
  }
  set_current_state(TASK_RUNNING);
  if (!patched()['86c051793b4c']) {
    yield* leaveQueue(ep, call.wait);
    call.wait = null;
  }
}

/** 5.7 to 5.10: one entry a sleep. */
function* sleepOnce(ep: eventpoll, call: Call): Kernel<void> {
  if (mayBusyLoop(ep)) yield* ep_busy_loop(ep);
  call.eavail = yield* lookForEvents(ep);
  if (call.eavail) return;
  const wait = newWait();
  call.eavail = yield* queueAndLook(ep, wait);
  if (!call.eavail && killed()) {
    call.res = -EINTR;
  } else if (!call.eavail && signal_pending(current)) {
    call.res = -EINTR;
  } else if (!call.eavail) {
    yield* sleep(ep, call);
    // Before 289caf5d8f6c whoever had slept to the end took no events, woken or not.
    call.eavail = !call.timed_out || patched()['289caf5d8f6c'];
  }
  set_current_state(TASK_RUNNING);
  if (!current.kernel.alone) yield peekAt(ep.wq);
  if (list_empty_careful(wait.entry)) return;
  yield lockWaiters(ep);
  if (call.timed_out && call.eavail) call.eavail = list_empty(wait.entry);
  __remove_wait_queue(ep.wq, wait);
  unlockWaiters(ep);
}

/** Takes a waiter off ep->wq, if it is there. */
function* leaveQueue(ep: eventpoll, wait: wait_queue_entry): Kernel<void> {
  yield lockWaiters(ep);
  __remove_wait_queue(ep.wq, wait);
  unlockWaiters(ep);
}

/**
 * Queues a waiter, unless there are events already; are there? Both under the lock since
 * 65759097d804. Before, the look came after it, and a scan that ended meanwhile showed nothing.
 */
export function* queueAndLook(ep: eventpoll, wait: wait_queue_entry): Kernel<boolean> {
  if (!patched()['65759097d804']) {
    yield lockWaiters(ep);
    traceNote('ep_poll: onto ep->wq, before the last look', wait);
    traceFact('sleeps', ep);
    __add_wait_queue_exclusive(ep.wq, wait);
    unlockWaiters(ep);
    set_current_state(TASK_INTERRUPTIBLE);
    return yield* lookForEvents(ep);
  }
  yield lockWaiters(ep);
  set_current_state(TASK_INTERRUPTIBLE);
  const eavail = ep_events_available(ep);
  if (!eavail && !signal_pending(current)) {
    traceNote('ep_poll: nothing ready, onto ep->wq', wait);
    traceFact('sleeps', ep);
    __add_wait_queue_exclusive(ep.wq, wait);
  }
  unlockWaiters(ep);
  return eavail;
}

/** Wakes the sleeper and leaves its entry where it is, as before 412895f03cbf. */
export function* wakeAndKeep(
  wq_entry: wait_queue_entry,
  mode: number,
  wake_flags: number,
  key: number,
): Kernel<number> {
  return default_wake_function(wq_entry, mode, wake_flags, key);
}
