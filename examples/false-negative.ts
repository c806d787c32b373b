/**
 * A race in Linux itself: epoll_wait() with timeout 0 answers 0 although an event is pending.
 *
 * Two threads ask at the same time for a level-triggered event that nobody consumes. At the start
 * and at the end of its scan the first thread moves the item from one list to another; the second
 * one looks at both lists without the lock, finds both empty, and returns. In order nothing happens;
 * `epollsim play --seed 2 examples/false-negative.ts` runs into it.
 */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Program, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });

  const ask: Program = function* (sys: Sys) {
    const { ret } = yield* sys.epoll_wait(ep, 1, 0);
    sys.assert(ret === 1, 'a pending event is found');
  };
  const first = yield* sys.pthread_create(ask);
  const second = yield* sys.pthread_create(ask);
  yield* sys.pthread_join(first);
  yield* sys.pthread_join(second);
}
