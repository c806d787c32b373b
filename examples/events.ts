/** What epoll_wait() returns, the eight bytes of an eventfd, and a sleep. */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const wakeup = yield* sys.eventfd2(0, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, wakeup, { events: EPOLLIN, data: wakeup });
  yield* sys.pthread_create(function* (sys) {
    yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 20_000_000 });
    yield* sys.write(wakeup, new Uint8Array(new BigUint64Array([1n]).buffer));
  });

  const ready = yield* sys.epoll_wait(ep, 8, 1000);
  if (ready.ret < 0) throw new Error(`epoll_wait: ${ready.ret}`);
  for (const { events, data } of ready) {
    sys.assert(data === wakeup && (events & EPOLLIN) !== 0, 'the eventfd can be read');
    yield* sys.read(wakeup, new Uint8Array(8));
  }
}
