import { type Code, EAGAIN, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT, type Sys } from 'epollsim';

/** Says of an error only where nothing was sent before. */
export default function* sendAll(
  sys: Sys,
  ep: number,
  fd: number,
  bytes: Uint8Array,
): Code<number> {
  let sent = 0;
  while (sent < bytes.length) {
    const n = yield* sys.write(fd, bytes.subarray(sent));
    if (n >= 0) sent += n;
    else if (n !== -EAGAIN) return sent > 0 ? sent : n;
    else {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLOUT, data: fd });
      yield* sys.epoll_wait(ep, 1, -1);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN, data: fd });
    }
  }
  return sent;
}
