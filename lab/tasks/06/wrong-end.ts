import { type Code, EAGAIN, EPOLLRDHUP, type Sys } from 'epollsim';

/** Takes a read of 0 for a lack of bytes. */
export default function* readAll(sys: Sys, ep: number, fd: number): Code<number> {
  const buf = new Uint8Array(4);
  let total = 0;
  for (;;) {
    const [event] = yield* sys.epoll_wait(ep, 1, -1);
    for (;;) {
      const n = yield* sys.read(fd, buf);
      if (n === -EAGAIN) break;
      total += n;
    }
    if (((event?.events ?? 0) & EPOLLRDHUP) !== 0) return total;
  }
}
