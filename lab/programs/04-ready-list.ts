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
  for (let i = 0; i < 3; i++) {
    const fd = yield* sys.eventfd2(0, 0);
    const interest = { events: EPOLLIN, data: fd };
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
    fds.push(fd);
  }
  // The last one is written to first.
  for (const fd of [...fds].reverse()) {
    yield* sys.write(fd, one);
  }
  // There is room for two.
  yield* sys.epoll_wait(ep, 2, 0);
  yield* sys.epoll_wait(ep, 2, 0);
}
