import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, EPOLLONESHOT, type Sys } from 'epollsim';

type Take = (sys: Sys, bytes: Uint8Array) => Code<void>;

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Returns as soon as one thread has heard of the end; the other one sleeps on. */
export default function* (sys: Sys, sock: number, take: Take): Code<void> {
  const end = yield* sys.eventfd2(0, 0);
  const ep = yield* sys.epoll_create1(0);
  const interest = { events: EPOLLIN | EPOLLONESHOT, data: sock };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, sock, interest);
  const worker = function* (sys: Sys): Code<void> {
    const buf = new Uint8Array(8);
    for (;;) {
      yield* sys.epoll_wait(ep, 1, -1);
      const n = yield* sys.read(sock, buf);
      if (n === 0) break;
      if (n > 0) yield* take(sys, buf.subarray(0, n));
      yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, sock, interest);
    }
    yield* sys.write(end, one);
  };
  yield* sys.pthread_create(worker, 'a');
  yield* sys.pthread_create(worker, 'b');
  yield* sys.read(end, new Uint8Array(8));
}
