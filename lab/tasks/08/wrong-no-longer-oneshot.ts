import { type Code, EPOLL_CTL_MOD, EPOLLIN, type Sys } from 'epollsim';

/** MOD replaces all flags; this one makes the item level-triggered. */
export default function* (sys: Sys, ep: number, sock: number): Code<number> {
  let total = 0;
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(sock, new Uint8Array(8));
    if (n === 0) return total;
    total += Math.max(0, n);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: EPOLLIN });
  }
}
