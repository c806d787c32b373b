import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [here] = yield* sys.socketpair(
    AF_UNIX,
    SOCK_STREAM,
  );
  const ep = yield* sys.epoll_create1(0);
  const both = { events: EPOLLIN | EPOLLOUT };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, here, both);
  for (let i = 0; i < 3; i++) {
    // Nothing comes. Will this sleep?
    yield* sys.epoll_wait(ep, 8, 100);
  }
  const IN = { events: EPOLLIN };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, here, IN);
  yield* sys.epoll_wait(ep, 8, 100);
}
