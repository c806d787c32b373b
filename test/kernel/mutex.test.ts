import { expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import {
  mutex,
  mutex_is_locked,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
} from '../../src/kernel/mutex.ts';
import type { task_struct } from '../../src/kernel/sched.ts';
import { schedule, TASK_INTERRUPTIBLE, wake_up_process } from '../../src/kernel/sched.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import { runAlone, runTogether } from '../support/run.ts';
import { byHand } from '../support/schedule.ts';

/** Threads that call epoll_wait on one instance queue up on ep->mtx. */
test('tasks get a mutex in the order in which they fell asleep on it', () => {
  const lock = new mutex('test-a');
  const order: string[] = [];
  const taker = function* () {
    yield mutex_lock(lock);
    order.push(current.comm);
    mutex_unlock(lock);
  };
  let holder: task_struct | null = null;

  const stuck = runTogether({
    holder: function* () {
      holder = current;
      yield mutex_lock(lock);
      current.__state = TASK_INTERRUPTIBLE;
      yield schedule(current);
      mutex_unlock(lock);
    },
    first: taker,
    second: taker,
    third: taker,
    waker: function* () {
      wake_up_process(holder as unknown as task_struct);
    },
  });

  expect(stuck).toEqual([]);
  expect(order).toEqual(['first', 'second', 'third']);
});

/**
 * Unlock wakes the first sleeper and does not give it the mutex: whoever runs may be quicker. The
 * sleeper keeps its place in front of those that came after it.
 */
test('a woken task that finds the mutex taken again stays the first in line', () => {
  const lock = new mutex('test-a');
  const pause = new mutex('test-b');
  const order: string[] = [];
  const taker = function* () {
    yield mutex_lock(lock);
    order.push(current.comm);
    yield mutex_lock(pause);
    mutex_unlock(pause);
    mutex_unlock(lock);
  };
  const twice = function* () {
    yield* taker();
    yield* taker();
  };

  const stuck = runTogether(
    { thief: twice, first: taker, second: taker },
    {
      schedule: byHand([
        { thread: 'thief', until: 'mutex_lock test-b' },
        { thread: 'first' },
        { thread: 'second' },
        { thread: 'thief', until: 'mutex_lock test-a' }, // Wakes the first…
        { thread: 'thief', until: 'mutex_lock test-b' }, // … and is quicker.
        { thread: 'first' },
        { thread: 'thief' },
      ]),
    },
  );

  expect(stuck).toEqual([]);
  expect(order).toEqual(['thief', 'thief', 'first', 'second']);
  expect(lock.wait_list?.length).toBe(0);
});

/** A scan and an epoll_ctl inside ep->mtx at once would corrupt the lists of the instance. */
test('at most one task holds a mutex, on every sampled schedule', () => {
  for (let seed = 0; seed < 50; seed++) {
    const lock = new mutex('test-a');
    const between = new mutex('test-b');
    let inside = 0;
    let most = 0;
    const code = function* () {
      yield mutex_lock(lock);
      most = Math.max(most, ++inside);
      yield mutex_lock(between);
      mutex_unlock(between);
      inside--;
      mutex_unlock(lock);
    };

    const stuck = runTogether({ a: code, b: code, c: code }, { schedule: randomSchedule(seed) });

    expect(stuck).toEqual([]);
    expect(most).toBe(1);
  }
});

/** io_uring asks without waiting, and gets -EAGAIN from epoll_ctl. */
test('mutex_trylock takes a free mutex and leaves a held one', () => {
  const lock = new mutex('test-a');
  const seen: boolean[] = [];

  runTogether({
    holder: function* () {
      seen.push(mutex_trylock(lock), mutex_is_locked(lock));
      yield schedule(current);
    },
    other: function* () {
      seen.push(mutex_trylock(lock));
    },
  });

  expect(seen).toEqual([true, true, false]);
});

/** An epoll that is added to itself would hang in epoll_ctl without the check for it. */
test('locking a mutex that one holds is a kernel bug', () => {
  const lock = new mutex('test-a');
  const code = function* () {
    yield mutex_lock(lock);
    yield mutex_lock(lock);
  };

  expect(() => runAlone(code)).toThrow(/which it holds already/);
});

/** An unlock by somebody else opens the critical section of the owner. */
test('unlocking a mutex that somebody else holds is a kernel bug', () => {
  const lock = new mutex('test-a');

  const both = () =>
    runTogether({
      owner: function* () {
        yield mutex_lock(lock);
        yield schedule(current);
      },
      other: function* () {
        mutex_unlock(lock);
      },
    });

  expect(both).toThrow(/other unlocks test-a, which it does not hold/);
});

/** R20: the last reference of an eventpoll must go after the unlock of its mutex. */
test('locking and unlocking a mutex whose memory was freed are kernel bugs', () => {
  const lock = new mutex('test-a');
  const lockFreed = function* () {
    lock.freed = true;
    yield mutex_lock(lock);
  };
  const unlockFreed = function* () {
    lock.freed = false;
    yield mutex_lock(lock);
    lock.freed = true;
    mutex_unlock(lock);
  };

  expect(() => runAlone(lockFreed)).toThrow(/use after free: alone locks test-a/);
  expect(() => runAlone(unlockFreed)).toThrow(/use after free: alone unlocks test-a/);
});
