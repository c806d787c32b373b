/** Two threads wait for one level-triggered file that nobody reads: each is to be told. */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Program, type Sys } from 'epollsim';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

export default function* main(sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(0, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });

  const wait: Program = function* (sys) {
    yield* sys.epoll_wait(ep, 1, -1);
  };
  const first = yield* sys.pthread_create(wait);
  const second = yield* sys.pthread_create(wait);
  yield* sys.write(event, one);
  yield* sys.pthread_join(first);
  yield* sys.pthread_join(second);
}
