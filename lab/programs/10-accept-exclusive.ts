import {
  AF_INET,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  INADDR_LOOPBACK,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

const type = SOCK_STREAM | SOCK_NONBLOCK;
const ms = { tv_sec: 0, tv_nsec: 1_000_000 };
const addr = {
  family: AF_INET,
  addr: INADDR_LOOPBACK,
  port: 80,
};
const interest = { events: EPOLLIN | EPOLLEXCLUSIVE };

export default function* main(sys: Sys): Code<void> {
  const listener = yield* sys.socket(AF_INET, type);
  yield* sys.bind(listener, addr);
  yield* sys.listen(listener, 8);

  const worker = function* (sys: Sys): Code<void> {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(
      ep,
      EPOLL_CTL_ADD,
      listener,
      interest,
    );
    for (;;) {
      yield* sys.epoll_wait(ep, 1, -1);
      yield* sys.accept4(listener, 0);
    }
  };
  for (const name of ['a', 'b', 'c']) {
    yield* sys.pthread_create(worker, name);
    yield* sys.nanosleep(ms); // So that they sleep by now.
  }
  const client = yield* sys.socket(AF_INET, SOCK_STREAM);
  yield* sys.connect(client, addr);
  yield* sys.nanosleep(ms);
}
