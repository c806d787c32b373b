import { type Code, EAGAIN, type Sys } from 'epollsim';

/** After each edge, reads until there is no more. */
export default function* readAll(sys: Sys, ep: number, fd: number): Code<number> {
  const buf = new Uint8Array(4);
  let total = 0;
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    for (;;) {
      const n = yield* sys.read(fd, buf);
      if (n === 0) return total;
      if (n === -EAGAIN) break;
      total += n;
    }
  }
}
