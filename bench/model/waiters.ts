/** A write wakes one of many threads that wait, which reads and answers. */
import { EFD_NONBLOCK, EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, type Program } from 'epollsim';
import { expect, must, now, one, type Work, watch } from './work.ts';

/** `shared`: on one instance, edge-triggered. `exclusive`: each on its own, with EPOLLEXCLUSIVE. */
export const waiters: Work = function* (sys, [threads = '', how = '']) {
  const event = must(yield* sys.eventfd2(0, EFD_NONBLOCK), 'eventfd2');
  const answer = must(yield* sys.eventfd2(0, 0), 'eventfd2');
  const shared = how === 'shared' ? must(yield* sys.epoll_create1(0), 'epoll_create1') : null;
  if (shared !== null) yield* watch(sys, shared, event, EPOLLIN | EPOLLET);
  const waiter: Program = function* (sys) {
    const ep = shared ?? must(yield* sys.epoll_create1(0), 'epoll_create1');
    if (shared === null) yield* watch(sys, ep, event, EPOLLIN | EPOLLEXCLUSIVE);
    const value = new Uint8Array(8);
    for (;;) {
      expect((yield* sys.epoll_wait(ep, 1, -1)).ret === 1, 'epoll_wait');
      if ((yield* sys.read(event, value)) > 0) must(yield* sys.write(answer, one), 'write');
    }
  };
  for (let i = 0; i < Number(threads); i++) yield* sys.pthread_create(waiter);
  yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 200_000_000 }); // All of them sleep by then.
  return function* (rounds) {
    const value = new Uint8Array(8);
    let events = 0;
    const start = now();
    for (let i = 0; i < rounds; i++) {
      must(yield* sys.write(event, one), 'write');
      must(yield* sys.read(answer, value), 'read');
      events += value[0] ?? 0;
    }
    return { ns: now() - start, events };
  };
};
