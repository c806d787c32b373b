import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLONESHOT,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

const once = EPOLLIN | EPOLLONESHOT;

export default function* main(sys: Sys): Code<void> {
  const [sock, peer] = yield* sys.socketpair(
    AF_UNIX,
    SOCK_STREAM,
  );
  const ep = yield* sys.epoll_create1(0);
  const interest = { events: once, data: sock };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, sock, interest);

  yield* sys.write(peer, 'one');
  yield* sys.epoll_wait(ep, 8, 0); // Told, and disarmed.
  yield* sys.write(peer, 'two'); // Nobody is told.
  yield* sys.close(peer); // Not even of the end.
  yield* sys.epoll_wait(ep, 8, 0);

  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, interest);
  yield* sys.epoll_wait(ep, 8, 0); // It has looked at once.
}
