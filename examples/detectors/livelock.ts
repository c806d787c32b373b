/** A loop that waits for something to read and has EPOLLOUT armed all the time. */
import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  EPOLLOUT,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [socket] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, socket, { events: EPOLLIN | EPOLLOUT });

  for (;;) {
    const [event] = yield* sys.epoll_wait(ep, 1, -1);
    if (event !== undefined && (event.events & EPOLLIN) !== 0) break;
  }
}
