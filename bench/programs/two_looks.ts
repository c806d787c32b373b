/** Two threads look at a pending event with timeout 0. */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  for (let i = 0; i < 2; i++) {
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(ep, 1, 0);
    });
  }
  yield* sys.poll([], -1);
}
