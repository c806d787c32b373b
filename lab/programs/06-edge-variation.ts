import {
  AF_UNIX,
  type Code,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [here, there] = yield* sys.socketpair(
    AF_UNIX,
    SOCK_STREAM | SOCK_NONBLOCK,
  );
  const ep = yield* sys.epoll_create1(0);
  const edge = { events: EPOLLIN | EPOLLET };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, here, edge);
  yield* sys.write(there, 'onetwo');
  yield* sys.epoll_wait(ep, 8, 0);
  const buf = new Uint8Array(3);
  // Read until there is no more.
  while ((yield* sys.read(here, buf)) !== -EAGAIN);
  yield* sys.epoll_wait(ep, 8, 0);
  yield* sys.write(there, 'three');
  yield* sys.epoll_wait(ep, 8, 0);
}
