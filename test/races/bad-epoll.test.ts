import { expect, test } from 'vitest';
import { EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { pause, watch } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';
import { byHand, type Stretch } from '../support/schedule.ts';

/** Closes an epoll and the epoll that it watches, in two threads. */
const closeBoth = (stretches: readonly Stretch[]): void => {
  inMachine(
    function* (sys) {
      const inner = yield* sys.epoll_create1(0);
      const outer = yield* watch(sys, inner, EPOLLIN);
      for (const [name, fd] of [
        ['outer', outer],
        ['inner', inner],
      ] as const) {
        yield* sys.pthread_create(function* (thread) {
          yield* thread.close(fd);
        }, name);
      }
      yield* pause(sys);
    },
    { cpus: 3, schedule: byHand([{ thread: 'main' }, ...stretches]) },
  );
};

/**
 * CVE-2026-46242, in 6.4 to 7.0. Close of the outer epoll clears `f_ep` of the inner file and goes
 * on to use that file; close of the inner one looks at `f_ep` in between, finds nobody, and frees it.
 *
 * | close(outer)                              | close(inner)                         |
 * | ----------------------------------------- | ------------------------------------ |
 * | lock f_lock; f_ep = NULL                  |                                      |
 * |                                           | last reference; f_ep is NULL: free   |
 * | unlink the item from inner->refs: freed   |                                      |
 */
test('on some schedule 6.18 uses an inner epoll that another thread has freed', () => {
  const run = () =>
    closeBoth([
      { thread: 'outer', until: 'spin_lock file->f_lock' },
      { thread: 'outer', until: 'access anon_inode:[eventpoll]' }, // f_ep is null
      { thread: 'inner' },
      { thread: 'outer' },
    ]);

  expect(run).toThrow(/use after free: eventpoll, by outer/);
});

/** A look before `f_ep` is cleared finds the item, and waits for the mutex of the outer epoll. */
test('an inner epoll that is closed before f_ep is cleared removes the item itself', () => {
  const run = () =>
    closeBoth([
      { thread: 'inner', until: 'mutex_lock ep->mtx' },
      { thread: 'outer' },
      { thread: 'inner' },
    ]);

  expect(run).not.toThrow();
});
