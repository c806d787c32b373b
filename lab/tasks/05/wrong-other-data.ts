import { type Code, EAGAIN, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT, type Sys } from 'epollsim';

/** Thinks that EPOLL_CTL_MOD leaves the data as they are. */
export default function* sendAll(
  sys: Sys,
  ep: number,
  fd: number,
  bytes: Uint8Array,
): Code<number> {
  for (let sent = 0; sent < bytes.length; ) {
    const n = yield* sys.write(fd, bytes.subarray(sent));
    if (n >= 0) sent += n;
    else if (n !== -EAGAIN) return n;
    else {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLOUT });
      yield* sys.epoll_wait(ep, 1, -1);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN });
    }
  }
  return bytes.length;
}
