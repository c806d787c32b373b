/**
 * Busy polling: a task asks a device for packets instead of waiting for its interrupts.
 * Linux: net/core/dev.c (napi_busy_loop).
 *
 * The task owns the NAPI instance meanwhile: what arrives finds it taken, and no softirq runs.
 *
 * Differs from Linux: between two looks the task sleeps, for a microsecond while anybody can run and
 * else until the next timer, so that time passes and no schedule spins for ever. So others run on its
 * CPU meanwhile, and it never gives the instance back to make way for them (need_resched).
 */
import {
  busy_loop_current_time,
  busyTick,
  type LoopEnd,
  MIN_NAPI_ID,
} from '../kernel/busy_poll.ts';
import { current } from '../kernel/current.ts';
import {
  dueAt,
  KTIME_MAX,
  ktime_get,
  nextTimer,
  schedule_hrtimeout_range,
} from '../kernel/hrtimer.ts';
import type { Kernel } from '../kernel/op.ts';
import { set_current_state, TASK_UNINTERRUPTIBLE } from '../kernel/sched.ts';
import { local_bh_disable, local_bh_enable } from '../kernel/softirq.ts';
import { __fentry__, traceNote } from '../kernel/trace.ts';
import {
  __napi_schedule,
  NAPIF_STATE_IN_BUSY_POLL,
  NAPIF_STATE_MISSED,
  NAPIF_STATE_PREFER_BUSY_POLL,
  NAPIF_STATE_SCHED,
  type napi_struct,
} from './napi.ts';
import { netGlobals } from './net.ts';

/** How long a look takes while others can run, in ns. */
const LOOK = 1000;

const napi_by_id = (napi_id: number): napi_struct | null =>
  netGlobals().napi_hash[napi_id - MIN_NAPI_ID] ?? null;

/** Does anybody but this task have something to do? */
function othersRun(): boolean {
  const { runqueues } = current.kernel;
  return runqueues.some(
    ({ curr, idle, irq, queue }) =>
      irq !== null || !queue.isEmpty() || (curr !== idle && curr !== current),
  );
}

/** Lets time pass, until something can have come, at most until `end`. */
function* look(end: number): Kernel<void> {
  const timer = nextTimer(current.kernel.hrtimers);
  const next = timer === null ? KTIME_MAX : dueAt(timer);
  const until = othersRun() ? 0 : Math.min(next, end);
  set_current_state(TASK_UNINTERRUPTIBLE);
  yield* schedule_hrtimeout_range(Math.max(until, ktime_get() + LOOK), 0);
}

/** Gives the instance back: the device may interrupt again. */
function* busy_poll_stop(napi: napi_struct, budget: number): Kernel<void> {
  napi.state &= ~(NAPIF_STATE_MISSED | NAPIF_STATE_IN_BUSY_POLL);
  local_bh_disable();
  if ((yield* napi.poll(napi, budget)) === budget) __napi_schedule(napi);
  yield* local_bh_enable();
}

/**
 * Asks a device again and again, until `loop_end` says that it is enough, at the latest `usecs` after
 * the start; once if `loop_end` is null.
 */
export function* napi_busy_loop(
  napi_id: number,
  loop_end: LoopEnd | null,
  usecs: number,
  prefer_busy_poll: boolean,
  budget: number,
): Kernel<void> {
  __fentry__('napi_busy_loop');
  const start_time = busy_loop_current_time();
  const end = (start_time + usecs + 1) * busyTick;
  const napi = napi_by_id(napi_id);
  if (napi === null) return;
  let owned = false;
  for (;;) {
    local_bh_disable();
    if (!owned && (napi.state & (NAPIF_STATE_SCHED | NAPIF_STATE_IN_BUSY_POLL)) === 0) {
      napi.state |= NAPIF_STATE_IN_BUSY_POLL | NAPIF_STATE_SCHED;
      owned = true;
    } else if (!owned && prefer_busy_poll) {
      napi.state |= NAPIF_STATE_PREFER_BUSY_POLL;
    }
    const work = owned ? yield* napi.poll(napi, budget) : 0;
    if (work > 0) traceNote('napi_busy_loop: packets without an interrupt', napi);
    yield* local_bh_enable();
    if (loop_end === null || loop_end(start_time)) break;
    yield* look(end);
  }
  if (owned) yield* busy_poll_stop(napi, budget);
}
