import { type Code, EAGAIN, type Sys } from 'epollsim';

/** Tries until it works. */
export default function* sendAll(
  sys: Sys,
  _ep: number,
  fd: number,
  bytes: Uint8Array,
): Code<number> {
  for (let sent = 0; sent < bytes.length; ) {
    const n = yield* sys.write(fd, bytes.subarray(sent));
    if (n >= 0) sent += n;
    else if (n !== -EAGAIN) return n;
  }
  return bytes.length;
}
