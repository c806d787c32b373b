import { type Code, EPOLL_CTL_MOD, EPOLLIN, EPOLLONESHOT, EPOLLOUT, type Sys } from 'epollsim';

const once = EPOLLIN | EPOLLOUT | EPOLLONESHOT;

/** Asks for room to write as well, so that it never sleeps. */
export default function* (sys: Sys, ep: number, sock: number): Code<number> {
  for (let total = 0; ; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(sock, new Uint8Array(8));
    if (n === 0) return total;
    if (n > 0) total += n;
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, { events: once, data: sock });
  }
}
