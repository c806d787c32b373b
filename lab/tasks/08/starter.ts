import type { Code, Sys } from 'epollsim';

/** `ep` watches `sock` with EPOLLIN | EPOLLONESHOT. How many bytes come until the end? */
export default function* (
  sys: Sys,
  ep: number,
  sock: number,
): Code<number> {
  yield* sys.epoll_wait(ep, 1, -1);
  return yield* sys.read(sock, new Uint8Array(8));
}
