import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Sys,
} from 'epollsim';

/** One of several workers: answers each connection of `listener` with "hi", and closes it. */
export default function* (
  sys: Sys,
  listener: number,
): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, {
    events: EPOLLIN,
  });
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    // Here.
  }
}
