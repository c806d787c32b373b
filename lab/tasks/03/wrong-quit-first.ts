import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

/** Goes as soon as it may, whatever else is in the array. */
export default function* listen(sys: Sys, socks: number[], quit: number): Code<number> {
  const buf = new Uint8Array(64);
  let total = 0;
  const ep = yield* sys.epoll_create1(0);
  for (const fd of [...socks, quit]) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  }
  for (;;) {
    const events = yield* sys.epoll_wait(ep, 8, -1);
    if (events.some(({ data }) => data === quit)) return total;
    for (const { data } of events) total += yield* sys.read(Number(data), buf);
  }
}
