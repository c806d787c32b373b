/** Two threads close an epoll instance and the one that it watches. */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const inner = yield* sys.epoll_create1(0);
  const outer = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(outer, EPOLL_CTL_ADD, inner, { events: EPOLLIN });

  const closing = yield* sys.pthread_create(function* (sys) {
    yield* sys.close(outer);
  });
  yield* sys.close(inner);
  yield* sys.pthread_join(closing);
}
