import { type Code, EAGAIN, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT, type Sys } from 'epollsim';

/** Asks for room once, and for ever. */
export default function* sendAll(
  sys: Sys,
  ep: number,
  fd: number,
  bytes: Uint8Array,
): Code<number> {
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN | EPOLLOUT, data: fd });
  for (let sent = 0; sent < bytes.length; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.write(fd, bytes.subarray(sent));
    if (n >= 0) sent += n;
    else if (n !== -EAGAIN) return n;
  }
  return bytes.length;
}
