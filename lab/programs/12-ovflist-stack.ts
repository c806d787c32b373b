import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  type Sys,
} from 'epollsim';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const fds: number[] = [];
  for (const count of [1, 0, 0]) {
    // One is ready.
    const fd = yield* sys.eventfd2(count, 0);
    const interest = {
      events: EPOLLIN | EPOLLET,
      data: fd,
    };
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
    fds.push(fd);
  }
  const [, c = -1, d = -1] = fds;

  const taker = yield* sys.pthread_create(function* (sys) {
    yield* sys.epoll_wait(ep, 1, -1);
  }, 'taker');
  yield* sys.write(c, one);
  yield* sys.write(d, one);
  yield* sys.pthread_join(taker);
  const events = yield* sys.epoll_wait(ep, 8, 0);
  const last = events.at(-1)?.data;
  sys.assert(last === d, 'd was written to last');
}
