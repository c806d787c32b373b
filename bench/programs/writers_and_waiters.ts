/**
 * Threads that write to an eventfd, and threads that wait for it on one instance, edge-triggered, and
 * read what there is: the protocol of bench/et.pml.
 */
import { EFD_NONBLOCK, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Program } from 'epollsim';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

export const writersAndWaiters = (writers: number, waiters: number): Program =>
  function* (sys) {
    const event = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN | EPOLLET });
    for (let i = 0; i < writers; i++) {
      yield* sys.pthread_create(function* (sys) {
        yield* sys.write(event, one);
      });
    }
    for (let i = 0; i < waiters; i++) {
      yield* sys.pthread_create(function* (sys) {
        yield* sys.epoll_wait(ep, 1, -1);
        yield* sys.read(event, new Uint8Array(8));
      });
    }
    yield* sys.poll([], -1);
  };
