/** A machine as a fixture, for tests that look on from outside. */
import { EPOLL_CTL_ADD, EPOLLET, EPOLLIN } from 'epollsim';
import { test, wakeups } from 'epollsim/vitest';
import { expect } from 'vitest';

test('of two waiters an edge wakes the one that came last', ({ machine }) => {
  machine.spawn(function* (sys) {
    const event = yield* sys.eventfd2(0, 0);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN | EPOLLET });
    for (const _ of [1, 2]) {
      yield* sys.pthread_create(function* (sys) {
        yield* sys.epoll_wait(ep, 1, -1);
      });
    }
    yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 }); // Until both are asleep.
    yield* sys.write(event, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    yield* sys.poll([], -1);
  });

  machine.run(500_000_000);
  expect(machine).toHaveBlocked('t1', 'epoll_wait');
  expect(machine).toHaveBlocked('t2', 'epoll_wait');

  const woken = wakeups(machine, () => machine.run());
  expect(woken).toWakeAtLeast('t2');
  expect(woken).not.toWake('t1');
  expect(machine).toHaveBlocked('t1', 'epoll_wait');
  expect(machine).not.toHaveBlocked('t2');
});
