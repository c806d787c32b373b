import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  MSG_DONTWAIT,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const open = () => sys.socketpair(AF_UNIX, SOCK_STREAM);
  const [a, clientA] = yield* open();
  const [b, clientB] = yield* open();
  for (const fd of [a, b]) {
    const interest = { events: EPOLLIN, data: fd };
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
  }
  yield* sys.close(clientA);
  yield* sys.close(clientB);
  const batch = yield* sys.epoll_wait(ep, 8, 0);

  // The first event ends the session: both sides.
  yield* sys.close(a);
  yield* sys.close(b);
  yield* open(); // Somebody else gets the numbers.
  const [, other] = yield* open();
  yield* sys.write(other, 'secret');

  // The second event of the same batch.
  const fd = Number(batch[1]?.data);
  yield* sys.recv(fd, new Uint8Array(8), MSG_DONTWAIT);
}
