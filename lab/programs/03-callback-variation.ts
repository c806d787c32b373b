import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  EPOLLOUT,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [here, there] = yield* sys.socketpair(
    AF_UNIX,
    SOCK_STREAM,
  );
  const reading = yield* sys.epoll_create1(0);
  const writing = yield* sys.epoll_create1(0);
  const IN = { events: EPOLLIN };
  const OUT = { events: EPOLLOUT };
  yield* sys.epoll_ctl(reading, EPOLL_CTL_ADD, here, IN);
  yield* sys.epoll_ctl(writing, EPOLL_CTL_ADD, here, OUT);
  yield* sys.epoll_wait(writing, 8, 0);

  // One wakeup, two entries on the queue.
  yield* sys.write(there, 'hello');
  yield* sys.epoll_wait(reading, 8, 0);
}
