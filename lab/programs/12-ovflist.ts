import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Sys,
} from 'epollsim';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const fds: number[] = [];
  for (const count of [1, 1, 0, 0]) {
    // Two are ready.
    const fd = yield* sys.eventfd2(count, 0);
    const interest = { events: EPOLLIN, data: fd };
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
    fds.push(fd);
  }
  const [, , c = -1, d = -1] = fds;

  const taker = yield* sys.pthread_create(function* (sys) {
    yield* sys.epoll_wait(ep, 1, -1); // Takes one of them.
  }, 'taker');
  yield* sys.write(d, one);
  yield* sys.write(c, one);
  yield* sys.pthread_join(taker);
  yield* sys.epoll_wait(ep, 8, 0); // In which order?
}
