import type { Code, Sys } from 'epollsim';

/** Takes a buffer that is large enough for all. */
export default function* readAll(sys: Sys, ep: number, fd: number): Code<number> {
  const buf = new Uint8Array(65536);
  let total = 0;
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(fd, buf);
    if (n === 0) return total;
    if (n > 0) total += n;
  }
}
