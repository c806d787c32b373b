import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Sys } from 'epollsim';

/** Waits in an instance of its own, and leaves it open. */
export default function* readAll(sys: Sys, _ep: number, fd: number): Code<number> {
  const own = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(own, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLET, data: fd });
  const buf = new Uint8Array(4);
  let total = 0;
  for (;;) {
    yield* sys.epoll_wait(own, 1, -1);
    let n = 1;
    for (; n > 0; total += Math.max(0, n)) n = yield* sys.read(fd, buf);
    if (n === 0) return total;
  }
}
