/** A server to which nobody connects. */
import {
  AF_INET,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  INADDR_LOOPBACK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.bind(listener, { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 });
  yield* sys.listen(listener, 8);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN });
  for (;;) yield* sys.epoll_wait(ep, 1, -1);
}
