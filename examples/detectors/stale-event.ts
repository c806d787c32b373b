/** A descriptor is closed, a duplicate keeps its file open, and the number is used again. */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN, data: event });

  yield* sys.dup(event);
  yield* sys.close(event);
  yield* sys.pipe2(0); // Its read end gets the number.
  yield* sys.epoll_wait(ep, 1, 0);
}
