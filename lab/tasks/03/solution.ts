import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

/** Hangs on the wait queues of all of them, and sleeps in one place. */
export default function* listen(sys: Sys, socks: number[], quit: number): Code<number> {
  const buf = new Uint8Array(64);
  let total = 0;
  const ep = yield* sys.epoll_create1(0);
  for (const fd of [...socks, quit]) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  }
  for (let over = false; !over; ) {
    for (const { data } of yield* sys.epoll_wait(ep, 8, -1)) {
      if (data === quit) over = true;
      else total += yield* sys.read(Number(data), buf);
    }
  }
  yield* sys.close(ep);
  return total;
}
