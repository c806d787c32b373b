import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLONESHOT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

const type = SOCK_STREAM | SOCK_NONBLOCK;
const once = EPOLLIN | EPOLLONESHOT;

export default function* main(sys: Sys): Code<void> {
  const [sock, peer] = yield* sys.socketpair(AF_UNIX, type);
  const ep = yield* sys.epoll_create1(0);
  const interest = { events: once, data: sock };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, sock, interest);
  yield* sys.pthread_create(function* client(sys) {
    yield* sys.write(peer, 'one');
    yield* sys.write(peer, 'two');
    yield* sys.close(peer);
  }, 'client');

  for (;;) {
    yield* sys.epoll_wait(ep, 8, -1);
    const n = yield* sys.read(sock, new Uint8Array(8));
    if (n === 0) return; // The end.
    if (n === 6) continue; // Both at once: forgotten.
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, interest);
  }
}
