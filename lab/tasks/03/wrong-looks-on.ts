import { type Code, EPOLL_CTL_ADD, EPOLLIN, F_SETFL, O_NONBLOCK, type Sys } from 'epollsim';

/** Sleeps until there is something, and then looks again and again whether there is more. */
export default function* listen(sys: Sys, socks: number[], quit: number): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  for (const fd of [...socks, quit]) {
    yield* sys.fcntl(fd, F_SETFL, O_NONBLOCK);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  }
  yield* sys.epoll_wait(ep, 8, -1);
  for (let total = 0; ; ) {
    const over = yield* sys.read(quit, new Uint8Array(8));
    for (const fd of socks) total += Math.max(0, yield* sys.read(fd, new Uint8Array(64)));
    if (over === 8) return total;
  }
}
