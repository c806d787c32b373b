import {
  AF_INET,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  INADDR_LOOPBACK,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

const address = { family: AF_INET, addr: INADDR_LOOPBACK, port: 7 };

/** Sends back what comes, until the client has no more to say. */
function* serve(sys: Sys, fd: number): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN });
  const buf = new Uint8Array(64);
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(fd, buf);
    if (n === 0) return;
    yield* sys.write(fd, buf.subarray(0, n)); // How many were taken, nobody asks.
  }
}

export default function* main(sys: Sys): Code<void> {
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.bind(listener, address);
  yield* sys.listen(listener, 8);
  const client = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.connect(client, address);
  const server = yield* sys.accept4(listener, SOCK_NONBLOCK);
  yield* sys.pthread_create((sys) => serve(sys, server), 'server');

  yield* sys.write(client, 'hello');
  let echoed = 0;
  while (echoed < 5) echoed += yield* sys.read(client, new Uint8Array(64));
  yield* sys.close(client);
}
