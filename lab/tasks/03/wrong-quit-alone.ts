import { type Code, EPOLL_CTL_ADD, EPOLLIN, MSG_DONTWAIT, type Sys } from 'epollsim';

/** Waits for the end, and then reads what has come. */
export default function* listen(sys: Sys, socks: number[], quit: number): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, quit, { events: EPOLLIN, data: quit });
  yield* sys.epoll_wait(ep, 1, -1);
  let total = 0;
  for (const fd of socks) {
    total += Math.max(0, yield* sys.recv(fd, new Uint8Array(64), MSG_DONTWAIT));
  }
  return total;
}
