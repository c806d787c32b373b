import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const [sock, peer] = yield* sys.socketpair(
    AF_UNIX,
    SOCK_STREAM,
  );
  const interest = { events: EPOLLIN, data: sock };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, sock, interest);
  const copy = yield* sys.dup(sock); // As fork() does.
  yield* sys.close(sock);
  yield* sys.write(peer, 'x');
  yield* sys.epoll_wait(ep, 8, 0); // Told of a closed number.
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, sock); // EBADF
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, copy); // ENOENT
  yield* sys.close(copy); // The last one: the item goes.
  yield* sys.epoll_wait(ep, 8, 0);
}
