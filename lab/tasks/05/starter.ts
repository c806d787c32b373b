import type { Code, Sys } from 'epollsim';

/**
 * Writes all bytes to `fd`, which is non-blocking.
 * `ep` watches it for EPOLLIN, before and afterwards.
 * Returns how many bytes there were, or -errno.
 */
export default function* sendAll(
  sys: Sys,
  _ep: number,
  fd: number,
  bytes: Uint8Array,
): Code<number> {
  return yield* sys.write(fd, bytes);
}
