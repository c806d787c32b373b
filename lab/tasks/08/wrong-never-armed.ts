import type { Code, Sys } from 'epollsim';

/** As with a level-triggered item: nobody arms it again. */
export default function* (sys: Sys, ep: number, sock: number): Code<number> {
  let total = 0;
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(sock, new Uint8Array(8));
    if (n <= 0) return total;
    total += n;
  }
}
