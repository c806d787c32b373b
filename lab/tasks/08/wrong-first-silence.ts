import { type Code, EPOLL_CTL_MOD, EPOLLIN, EPOLLONESHOT, type Sys } from 'epollsim';

/** Takes EAGAIN for the end. */
export default function* (sys: Sys, ep: number, sock: number): Code<number> {
  let total = 0;
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(sock, new Uint8Array(8));
    if (n <= 0) return total;
    total += n;
    const events = EPOLLIN | EPOLLONESHOT;
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events });
  }
}
