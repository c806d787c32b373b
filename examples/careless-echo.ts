import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  SHUT_WR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

/** Sends back what comes, until the client has no more to say. */
function* serve(sys: Sys, fd: number): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN });
  const buf = new Uint8Array(64);
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(fd, buf);
    if (n === 0) return;
    yield* sys.write(fd, buf.subarray(0, n)); // How many of them were taken, nobody asks.
  }
}

export default function* main(sys: Sys): Code<void> {
  const [client, server] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.write(client, 'hi');
  yield* sys.shutdown(client, SHUT_WR);
  yield* serve(sys, server);
  const echoed = yield* sys.read(client, new Uint8Array(64));
  sys.assert(echoed === 2, 'all that was said comes back');
}
