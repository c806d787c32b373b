import { type Code, EAGAIN, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT, type Sys } from 'epollsim';

/** Waits, and begins with the first byte again. */
export default function* sendAll(
  sys: Sys,
  ep: number,
  fd: number,
  bytes: Uint8Array,
): Code<number> {
  for (;;) {
    const n = yield* sys.write(fd, bytes);
    if (n === bytes.length) return n;
    if (n < 0 && n !== -EAGAIN) return n;
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLOUT, data: fd });
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN, data: fd });
  }
}
