/**
 * Taking a timer back while its function may be running on another CPU.
 * Linux: kernel/time/hrtimer.c (hrtimer_try_to_cancel, hrtimer_cancel_wait_running).
 *
 * Invariants: `running` from the moment when the timer leaves the tree to fire until its function
 * has returned.
 * Differs from Linux: whoever waits for the end of the function sleeps instead of spinning, so that
 * no schedule spins for ever.
 */
import { current } from './current.ts';
import { hrtimer, hrtimer_cancel, type TimerFunction } from './hrtimer.ts';
import type { Kernel } from './op.ts';
import { schedule, TASK_UNINTERRUPTIBLE, type task_struct, wake_up_process } from './sched.ts';

/** Ours: a timer that knows whether its function is running. */
export class CancellableTimer extends hrtimer {
  running = false;
  readonly cancelling: task_struct[] = [];

  constructor(name: string, fn: TimerFunction) {
    super(name, fn);
    this.function = () => runAndTell(this, fn);
  }
}

function* runAndTell(timer: CancellableTimer, fn: TimerFunction): Kernel<number> {
  timer.running = true;
  const restart = yield* fn(timer);
  timer.running = false;
  for (const task of timer.cancelling.splice(0)) wake_up_process(task);
  return restart;
}

/** Takes the timer back: 1 if it was waiting, 0 if not, -1 if its function is running. */
export function hrtimer_try_to_cancel(timer: CancellableTimer): number {
  if (timer.running) return -1;
  return hrtimer_cancel(timer) ? 1 : 0;
}

/** Waits until the function has returned. */
export function* hrtimer_cancel_wait_running(timer: CancellableTimer): Kernel<void> {
  while (timer.running) {
    timer.cancelling.push(current);
    current.__state = TASK_UNINTERRUPTIBLE;
    yield schedule(current);
  }
}
