import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, EPOLLONESHOT, type Sys } from 'epollsim';

type Take = (sys: Sys, bytes: Uint8Array) => Code<void>;

/** The item is armed again when the piece was handed over; at the end, too. */
export default function* (sys: Sys, sock: number, take: Take): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const interest = { events: EPOLLIN | EPOLLONESHOT, data: sock };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, sock, interest);
  const worker = function* (sys: Sys): Code<void> {
    const buf = new Uint8Array(8);
    for (let n = -1; n !== 0; ) {
      yield* sys.epoll_wait(ep, 1, -1);
      n = yield* sys.read(sock, buf);
      if (n > 0) yield* take(sys, buf.subarray(0, n));
      yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, interest);
    }
  };
  const other = yield* sys.pthread_create(worker, 'other');
  yield* worker(sys);
  yield* sys.pthread_join(other);
}
