import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
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
  const level = { events: EPOLLIN };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, here, level);
  const large = new Uint8Array(16);

  // As before, from the second half on.
  yield* sys.write(there, 'llo3bye');
  yield* sys.epoll_wait(ep, 8, 0);
  yield* sys.read(here, new Uint8Array(3));
  yield* sys.epoll_wait(ep, 8, 0);
  yield* sys.read(here, large);
  // Two messages, and room for both.
  yield* sys.write(there, '5hello3bye');
  yield* sys.epoll_wait(ep, 8, 0);
  yield* sys.read(here, large);
  // "hello" is dealt with. Who tells of "bye"?
  yield* sys.epoll_wait(ep, 8, 0);
}
