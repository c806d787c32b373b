import { type Code, EAGAIN, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Sys } from 'epollsim';

/** An edge in each instance: the herd, and connections that are left. */
export default function* (sys: Sys, listener: number): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const interest = { events: EPOLLIN | EPOLLET };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, interest);
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const fd = yield* sys.accept4(listener, 0);
    if (fd === -EAGAIN) continue;
    yield* sys.write(fd, 'hi');
    yield* sys.close(fd);
  }
}
