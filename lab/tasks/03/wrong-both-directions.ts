import { type Code, EPOLL_CTL_ADD, EPOLLIN, EPOLLOUT, type Sys } from 'epollsim';

/** Asks for everything. */
export default function* listen(sys: Sys, socks: number[], quit: number): Code<number> {
  const buf = new Uint8Array(64);
  let total = 0;
  const ep = yield* sys.epoll_create1(0);
  for (const fd of [...socks, quit]) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLOUT, data: fd });
  }
  for (let over = false; !over; ) {
    for (const { data, events } of yield* sys.epoll_wait(ep, 8, -1)) {
      if ((events & EPOLLIN) === 0) continue;
      if (data === quit) over = true;
      else total += yield* sys.read(Number(data), buf);
    }
  }
  return total;
}
