import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.pthread_create(function* helper(sys) {
    const event = yield* sys.eventfd2(1, 0);
    const interest = { events: EPOLLIN, data: event };
    yield* sys.epoll_ctl(
      ep,
      EPOLL_CTL_ADD,
      event,
      interest,
    );
  });
  // Nothing is watched yet, and no time is set.
  yield* sys.epoll_wait(ep, 8, -1);
}
