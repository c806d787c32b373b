import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

/** Is woken by one, and reads all. */
export default function* listen(sys: Sys, socks: number[], quit: number): Code<number> {
  const buf = new Uint8Array(64);
  let total = 0;
  const ep = yield* sys.epoll_create1(0);
  for (const fd of [...socks, quit]) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  }
  for (;;) {
    const events = yield* sys.epoll_wait(ep, 8, -1);
    for (const sock of socks) total += yield* sys.read(sock, buf);
    if (events.some(({ data }) => data === quit)) return total;
  }
}
