import { expect, test } from 'vitest';
import { TASK_INTERRUPTIBLE } from '../../src/kernel/sched.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../src/kernel/sleep_timeout.ts';
import {
  add_wait_queue,
  remove_wait_queue,
  wait_queue_head,
  wake_up,
} from '../../src/kernel/wait.ts';
import { wait_woken, wokenEntry } from '../../src/kernel/wait_woken.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import { runAlone, runTogether } from '../support/run.ts';

/** A reader that releases its socket before it sleeps: data may come in between. */
test('a wakeup that comes before the sleep ends it at once', () => {
  const queue = new wait_queue_head('q');
  runAlone(function* () {
    const wait = wokenEntry();
    yield* add_wait_queue(queue, wait);
    yield* wake_up(queue);
    expect(yield* wait_woken(wait, TASK_INTERRUPTIBLE, 5000)).toBe(5000);
    expect(yield* wait_woken(wait, TASK_INTERRUPTIBLE, 5000)).toBe(0);
    yield* remove_wait_queue(queue, wait);
  });
});

/** The flag is set before the waker looks at the waiter's state. */
test('no wakeup is lost, on every sampled schedule', () => {
  const stuck = new Set<string>();
  for (let seed = 0; seed < 100; seed++) {
    const queue = new wait_queue_head('q');
    let ready = false;
    const waiter = function* () {
      const wait = wokenEntry();
      yield* add_wait_queue(queue, wait);
      if (!ready) yield* wait_woken(wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
      yield* remove_wait_queue(queue, wait);
    };
    const waker = function* () {
      ready = true;
      yield* wake_up(queue);
    };
    for (const name of runTogether({ waiter, waker }, { schedule: randomSchedule(seed) })) {
      stuck.add(name);
    }
  }
  expect([...stuck]).toEqual([]);
});
