import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

type Take = (sys: Sys, bytes: Uint8Array) => Code<void>;

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Two threads wait, and one of them for nothing but the end of the other. */
export default function* (sys: Sys, sock: number, take: Take): Code<void> {
  const stop = yield* sys.eventfd2(0, 0);
  const idle = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(idle, EPOLL_CTL_ADD, stop, { events: EPOLLIN });
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, sock, { events: EPOLLIN });
  const other = yield* sys.pthread_create(function* (sys) {
    yield* sys.epoll_wait(idle, 1, -1);
  });
  const buf = new Uint8Array(8);
  for (let n = -1; n !== 0; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    n = yield* sys.read(sock, buf);
    if (n > 0) yield* take(sys, buf.subarray(0, n));
  }
  yield* sys.write(stop, one);
  yield* sys.pthread_join(other);
}
