import { type Code, EPOLL_CTL_ADD, EPOLLIN, EPOLLONESHOT, type Sys } from 'epollsim';

/** Is told of each socket once, and reads once. */
export default function* listen(sys: Sys, socks: number[], quit: number): Code<number> {
  const buf = new Uint8Array(64);
  let total = 0;
  const ep = yield* sys.epoll_create1(0);
  const events = EPOLLIN | EPOLLONESHOT;
  for (const fd of [...socks, quit]) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
  }
  for (;;) {
    const told = yield* sys.epoll_wait(ep, 8, -1);
    for (const { data } of told) {
      if (data !== quit) total += yield* sys.read(Number(data), buf);
    }
    if (told.some(({ data }) => data === quit)) return total;
  }
}
