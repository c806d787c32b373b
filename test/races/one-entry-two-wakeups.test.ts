import { expect, test } from 'vitest';
import { EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import type { MachineOptions } from '../../src/sim/machine.ts';
import { add, eventfds, harvest } from '../support/epoll.ts';
import { inThreads, side } from '../support/kernels.ts';
import type { Stretch } from '../support/schedule.ts';

/** Two threads wait, with room for one event each; two files become ready. Who comes back with what. */
const twoEvents = (stretches: readonly Stretch[], options: MachineOptions): unknown =>
  inThreads(
    function* (sys) {
      const [a = -1, b = -1] = yield* eventfds(sys, 0, 0);
      const epfd = yield* sys.epoll_create1(0);
      for (const fd of [a, b]) yield* add(sys, epfd, fd, EPOLLIN | EPOLLET);
      const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
      return {
        t1: (self) => harvest(self, epfd, 1, -1),
        t2: (self) => harvest(self, epfd, 1, -1),
        'writes a': (self) => self.write(a, one),
        'writes b': (self) => self.write(b, one),
      };
    },
    stretches,
    options,
  );

/**
 * R12, in 5.5 and 5.6 (selftest epoll60): a thread sleeps for ever beside a ready file. A waiter stayed
 * queued for the whole call, so a second wakeup could be spent on one that was awake already.
 *
 * | t2 (newest, so first on ep->wq)        | writers                                  |
 * | -------------------------------------- | ---------------------------------------- |
 * | sleeps                                 |                                          |
 * |                                        | a is ready: wakes t2                     |
 * | is about to look: TASK_INTERRUPTIBLE   |                                          |
 * |                                        | b is ready: wakes t2, once more; not t1  |
 * | takes a, which is all it has room for  |                                          |
 */
const schedule = [
  { thread: 't1' },
  { thread: 't2' },
  { thread: 'writes a' },
  { thread: 't2', until: 'access ep' },
  { thread: 'writes b' },
];

test('on some schedule two events wake one of two threads in a kernel without 412895f03cbf', () => {
  const seen = twoEvents(schedule, side('without', '412895f03cbf'));

  expect(seen).toEqual({ t2: [3], 'writes a': 8, 'writes b': 8 });
});

/** 5.6 is such a kernel as it is. */
test('5.6 has the race, and 5.7 does not', () => {
  const woken = { t1: [4], t2: [3], 'writes a': 8, 'writes b': 8 };
  const fixed = schedule.map(({ thread }) => ({ thread }));

  expect(twoEvents(schedule, { kernel: '5.6' })).not.toEqual(woken);
  expect(twoEvents(fixed, { kernel: '5.7' })).toEqual(woken);
});
