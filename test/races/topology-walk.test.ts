import { expect, test } from 'vitest';
import { EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { add } from '../support/epoll.ts';
import { pause, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { byHand, type Stretch } from '../support/schedule.ts';

/** One thread adds an epoll to `middle`, another closes `top`, which watches `middle`. */
const addAndClose = (stretches: readonly Stretch[]): void => {
  inMachine(
    function* (sys) {
      const middle = yield* sys.epoll_create1(0);
      const top = yield* watch(sys, middle, EPOLLIN);
      const inner = yield* sys.epoll_create1(0);
      yield* sys.pthread_create(function* (thread) {
        yield* add(thread, middle, inner, EPOLLIN);
      }, 'adds');
      yield* sys.pthread_create(function* (thread) {
        yield* thread.close(top);
      }, 'closes');
      yield* pause(sys);
    },
    { cpus: 3, schedule: byHand([{ thread: 'main' }, ...stretches]) },
  );
};

/**
 * CVE-2026-43074, in 6.17 to 7.0-rc6. The check for long chains climbs from item to instance under
 * RCU, which keeps the items from being freed and not the instances.
 *
 * | epoll_ctl(middle, ADD, inner)               | close(top)                          |
 * | ------------------------------------------- | ----------------------------------- |
 * | walk up: takes `epi->ep` of an item         |                                     |
 * |                                             | removes the item; frees top at once |
 * | reads and writes top: freed                 |                                     |
 */
test('on some schedule 6.18 climbs to an epoll that another thread has freed', () => {
  const run = () =>
    addAndClose([
      { thread: 'adds', until: 'mutex_lock epnested_mutex' },
      { thread: 'adds', until: 'mutex_lock ep->mtx' },
      { thread: 'adds', until: 'access ep' },
      { thread: 'closes' },
      { thread: 'adds' },
    ]);

  expect(run).toThrow(/use after free: eventpoll, by adds/);
});

/** One after the other there is nothing to race with. */
test('an epoll that is freed before the walk begins is not reached', () => {
  expect(() => addAndClose([{ thread: 'closes' }, { thread: 'adds' }])).not.toThrow();
});
