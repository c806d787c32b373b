import {
  AF_UNIX,
  type Code,
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
  const digit = new Uint8Array(1);

  // A length and a text: 5 hello, and half of it.
  yield* sys.write(there, '5he');
  yield* sys.epoll_wait(ep, 8, 0);
  yield* sys.read(here, digit);
  yield* sys.read(here, new Uint8Array(5));
  // The other half, and a second message: 3 bye.
  yield* sys.write(there, 'llo3bye');
  yield* sys.epoll_wait(ep, 8, 0);
  yield* sys.read(here, new Uint8Array(3));
  // "hello" is whole. Who tells of "bye"?
  yield* sys.epoll_wait(ep, 8, 0);
}
