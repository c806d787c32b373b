import { expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import type { Kernel } from '../../src/kernel/op.ts';
import {
  schedule,
  TASK_INTERRUPTIBLE,
  TASK_NORMAL,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  WF_SYNC,
} from '../../src/kernel/sched.ts';
import { EPOLLHUP, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { POLLFREE } from '../../src/kernel/uapi/poll.ts';
import * as wq from '../../src/kernel/wait.ts';
import { runAlone, runTogether } from '../support/run.ts';
import { Recorder } from '../support/trace.ts';

/** A queue whose waiters say their name when they are woken, and return `ret`. */
function queueWithLog(): {
  queue: wq.wait_queue_head;
  woken: string[];
  waiter: (name: string, ret?: number) => wq.wait_queue_entry;
} {
  const queue = new wq.wait_queue_head('q');
  const woken: string[] = [];
  const waiter = (name: string, ret = 1): wq.wait_queue_entry =>
    new wq.wait_queue_entry(function* () {
      woken.push(name);
      return ret;
    }, null);
  return { queue, woken, waiter };
}

/**
 * What keeps one connection from waking every server thread that is blocked in accept():
 * exclusive sleepers are woken one at a time, in the order in which they fell asleep.
 */
test('__wake_up(nr_exclusive = 1) wakes all shared waiters and the oldest exclusive one', () => {
  const { queue, woken, waiter } = queueWithLog();
  runAlone(wq.add_wait_queue_exclusive(queue, waiter('exclusive-1')));
  runAlone(wq.add_wait_queue_exclusive(queue, waiter('exclusive-2')));
  runAlone(wq.add_wait_queue(queue, waiter('shared')));

  const count = runAlone(() => wq.__wake_up(queue, TASK_NORMAL, 1, 0));

  expect(woken).toEqual(['shared', 'exclusive-1']);
  expect(count).toBe(1);
});

/** Close of the last writer: each blocked reader of the pipe must learn of it. */
test('__wake_up(nr_exclusive = 0) wakes everybody', () => {
  const { queue, woken, waiter } = queueWithLog();
  runAlone(wq.add_wait_queue_exclusive(queue, waiter('exclusive-1')));
  runAlone(wq.add_wait_queue_exclusive(queue, waiter('exclusive-2')));
  runAlone(wq.add_wait_queue(queue, waiter('shared')));

  runAlone(() => wq.wake_up_all(queue));

  expect(woken).toEqual(['shared', 'exclusive-1', 'exclusive-2']);
});

/** The count tells select() and the futex code how many they have woken. */
test('__wake_up returns how many exclusive waiters it has woken', () => {
  const { queue, waiter } = queueWithLog();
  runAlone(wq.add_wait_queue_exclusive(queue, waiter('exclusive')));
  runAlone(wq.add_wait_queue(queue, waiter('shared')));

  expect(runAlone(() => wq.__wake_up(queue, TASK_NORMAL, 3, 0))).toBe(1);
});

/** An entry may be used again: what it was once must not count. */
test.each([
  ['add_wait_queue', wq.add_wait_queue],
  [
    'prepare_to_wait',
    (queue: wq.wait_queue_head, entry: wq.wait_queue_entry) =>
      wq.prepare_to_wait(queue, entry, TASK_RUNNING),
  ],
])('%s makes an entry shared that was exclusive', (_name, queueEntry) => {
  const { queue, woken, waiter } = queueWithLog();
  const entry = waiter('once exclusive');
  entry.flags = wq.WQ_FLAG_EXCLUSIVE;
  runAlone(wq.add_wait_queue_exclusive(queue, waiter('exclusive')));
  runAlone(() => queueEntry(queue, entry));

  runAlone(() => wq.wake_up(queue));

  expect(woken).toEqual(['once exclusive', 'exclusive']);
});

/** Which sleepers a wakeup is for, and how many: one too many is a herd, one too few a hang. */
test.each([
  ['wake_up', wq.wake_up, TASK_NORMAL, 1],
  ['wake_up_all', wq.wake_up_all, TASK_NORMAL, 2],
  ['wake_up_sync', wq.wake_up_sync, TASK_NORMAL, 1],
  ['wake_up_poll', (q: wq.wait_queue_head) => wq.wake_up_poll(q, EPOLLIN), TASK_NORMAL, 1],
  ['wake_up_interruptible', wq.wake_up_interruptible, TASK_INTERRUPTIBLE, 1],
  ['wake_up_interruptible_all', wq.wake_up_interruptible_all, TASK_INTERRUPTIBLE, 2],
  [
    'wake_up_interruptible_poll',
    (q: wq.wait_queue_head) => wq.wake_up_interruptible_poll(q, EPOLLIN),
    TASK_INTERRUPTIBLE,
    1,
  ],
  [
    'wake_up_interruptible_sync_poll',
    (q: wq.wait_queue_head) => wq.wake_up_interruptible_sync_poll(q, EPOLLIN),
    TASK_INTERRUPTIBLE,
    1,
  ],
  [
    'wake_up_locked_poll',
    (q: wq.wait_queue_head) => wq.wake_up_locked_poll(q, EPOLLIN),
    TASK_NORMAL,
    1,
  ],
])('%s wakes in mode %3$i so many of two exclusive waiters: %4$i', (_name, wake, mode, count) => {
  const queue = new wq.wait_queue_head('q');
  const modes: number[] = [];
  for (let i = 0; i < 2; i++) {
    const entry = new wq.wait_queue_entry(function* (_entry, wakeMode) {
      modes.push(wakeMode);
      return 1;
    }, null);
    runAlone(wq.add_wait_queue_exclusive(queue, entry));
  }

  runAlone(() => wake(queue));

  expect(modes).toEqual(Array.from({ length: count }, () => mode));
});

/** Three epolls that watch one eventfd are called back 2 1 0 (measured on 6.18, C.15). */
test('add_wait_queue puts the newest shared waiter first', () => {
  const { queue, woken, waiter } = queueWithLog();
  for (const name of ['0', '1', '2']) runAlone(wq.add_wait_queue(queue, waiter(name)));

  runAlone(() => wq.wake_up(queue));

  expect(woken).toEqual(['2', '1', '0']);
});

/** Of the threads in epoll_wait the one that fell asleep last is woken: the herd is uneven. */
test('__add_wait_queue_exclusive puts an exclusive waiter in front of the others', () => {
  const { queue, woken, waiter } = queueWithLog();
  wq.__add_wait_queue_exclusive(queue, waiter('first'));
  wq.__add_wait_queue_exclusive(queue, waiter('last'));

  runAlone(() => wq.wake_up(queue));

  expect(woken).toEqual(['last']);
});

/** A sleeper that is already awake does not use the wakeup up: the next one gets it. */
test('a waiter that could not be woken does not count as the exclusive one', () => {
  const { queue, woken, waiter } = queueWithLog();
  runAlone(wq.add_wait_queue_exclusive(queue, waiter('awake', 0)));
  runAlone(wq.add_wait_queue_exclusive(queue, waiter('asleep', 1)));
  runAlone(wq.add_wait_queue_exclusive(queue, waiter('spared', 1)));

  runAlone(() => wq.wake_up(queue));

  expect(woken).toEqual(['awake', 'asleep']);
});

/** How a waker that works on a whole page of waiters ends its walk. */
test('a negative result of a waiter ends the pass', () => {
  const { queue, woken, waiter } = queueWithLog();
  runAlone(wq.add_wait_queue(queue, waiter('second')));
  runAlone(wq.add_wait_queue(queue, waiter('first', -1)));

  runAlone(() => wq.wake_up_all(queue));

  expect(woken).toEqual(['first']);
});

/** A waiter that takes itself off must not end the walk for those behind it. */
test('a waiter may leave the queue while it is woken', () => {
  const { queue, woken, waiter } = queueWithLog();
  const leaving = new wq.wait_queue_entry(function* (self) {
    woken.push('leaving');
    wq.__remove_wait_queue(queue, self);
    return 1;
  }, null);
  runAlone(wq.add_wait_queue(queue, waiter('behind')));
  runAlone(wq.add_wait_queue(queue, leaving));

  runAlone(() => wq.wake_up(queue));

  expect(woken).toEqual(['leaving', 'behind']);
});

/** ep_poll_callback() and pollwake() filter by this key; 0 passes every filter. */
test.each([
  ['wake_up', wq.wake_up, 0, 0],
  ['wake_up_poll', (q: wq.wait_queue_head) => wq.wake_up_poll(q, EPOLLIN), 0, EPOLLIN],
  [
    'wake_up_interruptible_sync_poll',
    (q: wq.wait_queue_head) => wq.wake_up_interruptible_sync_poll(q, EPOLLIN),
    WF_SYNC,
    EPOLLIN,
  ],
  ['wake_up_sync', wq.wake_up_sync, WF_SYNC, 0],
  ['wake_up_pollfree', wq.wake_up_pollfree, 0, POLLFREE | EPOLLHUP],
])('%s hands its flags and its key to the waiter', (_name, wake, flags, key) => {
  const queue = new wq.wait_queue_head('q');
  const seen: number[] = [];
  const waiter = new wq.wait_queue_entry(function* (entry, _mode, wake_flags, pollflags) {
    seen.push(wake_flags, pollflags);
    wq.__remove_wait_queue(queue, entry);
    return 1;
  }, null);
  runAlone(wq.add_wait_queue(queue, waiter));

  runAlone(function* () {
    yield* wake(queue);
  });

  expect(seen).toEqual([flags, key]);
});

/** A queue that is freed while somebody hangs on it (R6). */
test('wake_up_pollfree with a waiter that does not let go is a kernel bug', () => {
  const { queue, waiter } = queueWithLog();
  runAlone(wq.add_wait_queue(queue, waiter('stays')));

  expect(() => runAlone(() => wq.wake_up_pollfree(queue))).toThrow(/WARNING: q has waiters/);
});

/** Sleeps on a queue and tells how it was left. */
function* sleeper(queue: wq.wait_queue_head, state: number, log: string[]): Kernel<void> {
  const wait = wq.init_wait();
  yield* wq.prepare_to_wait(queue, wait, state);
  yield schedule(current);
  log.push(`${current.comm} woken, queue ${wq.waitqueue_active(queue) ? 'in use' : 'empty'}`);
  yield* wq.finish_wait(queue, wait);
  log.push(current.__state === TASK_RUNNING ? 'running' : 'not running');
}

/** The plain way to block; eventfd_read() and accept() are made of it. */
test('a task that prepared to wait sleeps until a wakeup takes its entry off', () => {
  const queue = new wq.wait_queue_head('q');
  const log: string[] = [];

  const stuck = runTogether({
    sleeper: () => sleeper(queue, TASK_INTERRUPTIBLE, log),
    waker: () => wq.wake_up(queue),
  });

  expect(stuck).toEqual([]);
  expect(log).toEqual(['sleeper woken, queue empty', 'running']);
});

/** A wakeup for interruptible sleepers must leave one alone that cannot be interrupted. */
test('wake_up_interruptible leaves a task asleep that sleeps uninterruptibly', () => {
  const queue = new wq.wait_queue_head('q');
  const log: string[] = [];

  const stuck = runTogether({
    sleeper: () => sleeper(queue, TASK_UNINTERRUPTIBLE, log),
    waker: () => wq.wake_up_interruptible(queue),
  });

  expect(stuck).toEqual(['sleeper']);
  expect(wq.waitqueue_active(queue)).toBe(true);
});

/** The wakeup that comes between the last look and schedule(): sleeping now would lose it. */
test('schedule() returns at once when the wakeup came before it', () => {
  const queue = new wq.wait_queue_head('q');

  const stuck = runTogether({
    sleeper: function* () {
      const wait = wq.init_wait();
      yield* wq.prepare_to_wait(queue, wait, TASK_INTERRUPTIBLE);
      yield* wq.wake_up(queue);
      yield schedule(current);
      yield* wq.finish_wait(queue, wait);
    },
  });

  expect(stuck).toEqual([]);
});

/** A loop around schedule() prepares again each time; two links of one entry would be corruption. */
test('prepare_to_wait of an entry that is still queued only sets the state', () => {
  const queue = new wq.wait_queue_head('q');

  runAlone(function* () {
    const wait = wq.init_wait();
    yield* wq.prepare_to_wait(queue, wait, TASK_INTERRUPTIBLE);
    current.__state = TASK_RUNNING;
    yield* wq.prepare_to_wait(queue, wait, TASK_INTERRUPTIBLE);
    expect(current.__state).toBe(TASK_INTERRUPTIBLE);
    expect([...queue.head]).toEqual([wait]);
    yield* wq.finish_wait(queue, wait);
  });
});

/** Blocking accept(): who waits longest is served first, and the first knows to look twice. */
test('prepare_to_wait_exclusive queues at the tail and tells the first from the rest', () => {
  const queue = new wq.wait_queue_head('q');

  runAlone(function* () {
    const [one, two] = [wq.init_wait(), wq.init_wait()];
    expect(yield* wq.prepare_to_wait_exclusive(queue, one, TASK_INTERRUPTIBLE)).toBe(true);
    expect(yield* wq.prepare_to_wait_exclusive(queue, two, TASK_INTERRUPTIBLE)).toBe(false);
    expect(yield* wq.prepare_to_wait_exclusive(queue, one, TASK_INTERRUPTIBLE)).toBe(false);
    expect([...queue.head]).toEqual([one, two]);
    expect([one.flags, two.flags]).toEqual([wq.WQ_FLAG_EXCLUSIVE, wq.WQ_FLAG_EXCLUSIVE]);
    expect(current.__state).toBe(TASK_INTERRUPTIBLE);
    current.__state = TASK_RUNNING;
  });
});

/** A wakeup that hits nobody must stay on offer: the entry keeps its place. */
test('autoremove_wake_function keeps the entry of a task that was awake', () => {
  const queue = new wq.wait_queue_head('q');

  runAlone(function* () {
    const wait = wq.init_wait();
    yield* wq.prepare_to_wait(queue, wait, TASK_INTERRUPTIBLE);
    current.__state = TASK_RUNNING;
    yield* wq.wake_up(queue);
    expect([...queue.head]).toEqual([wait]);
  });
});

/** A sleeper that gives up, for a signal or because its time is over, must not stay queued. */
test('finish_wait takes an entry off that no wakeup has taken off, and lets the task run', () => {
  const queue = new wq.wait_queue_head('q');

  const seen = runAlone(function* () {
    const wait = wq.init_wait();
    yield* wq.prepare_to_wait(queue, wait, TASK_INTERRUPTIBLE);
    yield* wq.finish_wait(queue, wait);
    return [current.__state, wq.waitqueue_active(queue), queue.lock.owner];
  });

  expect(seen).toEqual([TASK_RUNNING, false, null]);
});

/** An item that is removed from its epoll hears no wakeup any more. */
test('remove_wait_queue takes exactly one entry off', () => {
  const { queue, woken, waiter } = queueWithLog();
  const gone = waiter('gone');
  runAlone(wq.add_wait_queue(queue, waiter('stays')));
  runAlone(wq.add_wait_queue(queue, gone));

  runAlone(wq.remove_wait_queue(queue, gone));
  runAlone(() => wq.wake_up(queue));

  expect(woken).toEqual(['stays']);
});

/** ftrace shows which of the two a caller has called. */
test('a trace calls a sync wakeup __wake_up_sync_key, and any other one __wake_up', () => {
  const trace = new Recorder();
  runAlone(function* () {
    const queue = new wq.wait_queue_head('queue');
    yield* wq.wake_up_poll(queue, EPOLLIN);
    yield* wq.wake_up_interruptible_sync_poll(queue, EPOLLIN);
  }, trace.on());

  expect(trace.calls).toEqual(['__wake_up', '__wake_up_sync_key']);
});
