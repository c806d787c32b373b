import { type Code, EPOLL_CTL_MOD, EPOLLIN, type Sys } from 'epollsim';

/** Makes it level-triggered. */
export default function* readAll(sys: Sys, ep: number, fd: number): Code<number> {
  const buf = new Uint8Array(4);
  let total = 0;
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN, data: fd });
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(fd, buf);
    if (n === 0) return total;
    total += n;
  }
}
