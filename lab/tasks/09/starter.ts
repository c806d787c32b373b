import type { Code, Sys } from 'epollsim';

type Take = (sys: Sys, bytes: Uint8Array) => Code<void>;

/** Reads `sock` until its end, by two threads, and gives each piece to `take`. */
export default function* (
  sys: Sys,
  sock: number,
  take: Take,
): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const worker = function* (sys: Sys): Code<void> {
    const buf = new Uint8Array(8);
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(sock, buf);
    yield* take(sys, buf.subarray(0, n));
  };
  const other = yield* sys.pthread_create(worker, 'other');
  yield* worker(sys);
  yield* sys.pthread_join(other);
}
