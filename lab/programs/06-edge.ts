import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [here, there] = yield* sys.socketpair(
    AF_UNIX,
    SOCK_STREAM,
  );
  const ep = yield* sys.epoll_create1(0);
  const edge = { events: EPOLLIN | EPOLLET };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, here, edge);

  yield* sys.write(there, 'one');
  yield* sys.write(there, 'two');
  // Two arrivals.
  yield* sys.epoll_wait(ep, 8, 0);
  yield* sys.read(here, new Uint8Array(3));
  // Three bytes are left.
  yield* sys.epoll_wait(ep, 8, 0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, here, edge);
  yield* sys.epoll_wait(ep, 8, 0);
}
