import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  EPOLLRDHUP,
  SHUT_WR,
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
  const events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, here, { events });
  // The last message, and the end: one event.
  yield* sys.write(there, '5hello');
  yield* sys.shutdown(there, SHUT_WR);
  yield* sys.epoll_wait(ep, 8, 0);
  const buf = new Uint8Array(8);
  // Short: six bytes, and there was room for eight.
  yield* sys.read(here, buf);
  // No new event, and yet there is something.
  yield* sys.epoll_wait(ep, 8, 0);
  yield* sys.read(here, buf);
}
