import type { Code, Sys } from 'epollsim';

/**
 * Reads from `fd` to its end; how many bytes came.
 * `ep` watches it: EPOLLIN | EPOLLRDHUP | EPOLLET.
 */
export default function* readAll(sys: Sys, ep: number, fd: number): Code<number> {
  const buf = new Uint8Array(4);
  let total = 0;
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(fd, buf);
    if (n === 0) return total;
    total += n;
  }
}
