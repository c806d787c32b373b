import { type Code, EAGAIN, type Sys } from 'epollsim';

/** Waits, and has not said for what. */
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
    else yield* sys.epoll_wait(ep, 1, -1);
  }
  return bytes.length;
}
