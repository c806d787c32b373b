import { expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import type { Kernel } from '../../src/kernel/op.ts';
import { TASK_INTERRUPTIBLE } from '../../src/kernel/sched.ts';
import { schedule_timeout } from '../../src/kernel/sleep_timeout.ts';
import { local_bh_disable, local_bh_enable, softirq_count } from '../../src/kernel/softirq.ts';
import {
  jiffies,
  leaveToSoftirq,
  mod_timer,
  timer_delete,
  timer_list,
  timer_pending,
} from '../../src/kernel/timer.ts';
import { runAlone } from '../support/run.ts';

const MS = 1_000_000;

function* sleep(ms: number): Kernel<void> {
  current.__state = TASK_INTERRUPTIBLE;
  yield* schedule_timeout(ms * MS);
}

/** A timer that writes down after how many ticks it ran. */
function logging(): { timer: timer_list; ran: number[] } {
  const ran: number[] = [];
  const start = jiffies();
  const timer = new timer_list('t', function* () {
    expect(softirq_count()).not.toBe(0);
    ran.push(jiffies() - start);
  });
  return { timer, ran };
}

/** Retransmission: the timer is started anew with each acknowledgement. */
test('a timer runs once, as a softirq, when the time that was set last has come', () => {
  runAlone(function* () {
    const { timer, ran } = logging();
    mod_timer(timer, jiffies() + 5);
    mod_timer(timer, jiffies() + 20);
    expect(timer_pending(timer)).toBe(true);
    yield* sleep(10);
    expect(ran).toEqual([]);
    yield* sleep(20);
    expect(ran).toEqual([20]);
    expect(timer_pending(timer)).toBe(false);
  });
});

/** All is acknowledged: nothing must be sent again. */
test('a timer that is deleted does not run', () => {
  runAlone(function* () {
    const { timer, ran } = logging();
    mod_timer(timer, jiffies() + 5);
    expect(timer_delete(timer)).toBe(true);
    expect(timer_delete(timer)).toBe(false);
    yield* sleep(10);
    expect(ran).toEqual([]);
  });
});

/** It has expired in a bottom-half section, which decides otherwise before the softirq runs. */
test('a timer that has expired and waits for its softirq can be deleted or moved', () => {
  runAlone(function* () {
    const { timer, ran } = logging();
    local_bh_disable();
    leaveToSoftirq(timer);
    expect(timer_pending(timer)).toBe(true);
    expect(timer_delete(timer)).toBe(true);
    yield* local_bh_enable();
    expect(ran).toEqual([]);
    local_bh_disable();
    leaveToSoftirq(timer);
    mod_timer(timer, jiffies() + 7);
    yield* local_bh_enable();
    expect(ran).toEqual([]);
    yield* sleep(10);
    expect(ran).toEqual([7]);
  });
});
