import { type Code, EPOLL_CTL_ADD, EPOLLEXCLUSIVE, EPOLLIN, type Sys } from 'epollsim';

/** What accept4() returns is not looked at. */
export default function* (sys: Sys, listener: number): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const interest = { events: EPOLLIN | EPOLLEXCLUSIVE };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, interest);
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const fd = yield* sys.accept4(listener, 0);
    yield* sys.write(fd, 'hi');
    yield* sys.close(fd);
  }
}
