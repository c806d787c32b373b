import type { Code, Sys } from 'epollsim';

/** Takes a read that gave less than it could for the last. */
export default function* readAll(sys: Sys, ep: number, fd: number): Code<number> {
  const buf = new Uint8Array(4);
  let total = 0;
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    for (let n = buf.length; n === buf.length; ) {
      n = yield* sys.read(fd, buf);
      if (n === 0) return total;
      if (n > 0) total += n;
    }
  }
}
