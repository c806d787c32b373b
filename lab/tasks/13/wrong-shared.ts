import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Sys } from 'epollsim';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** The threads count in a variable who is left: two may read it before one has written it. */
export default function* (sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const files = [yield* sys.eventfd2(0, 0), yield* sys.eventfd2(0, 0)];
  const events = EPOLLIN | EPOLLET;
  for (const fd of files) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
  }
  let left = files.length;
  const takeOne = function* (sys: Sys): Code<void> {
    yield* sys.epoll_wait(ep, 1, -1);
    const before = left;
    yield* sys.gettid();
    left = before - 1;
  };
  const a = yield* sys.pthread_create(takeOne, 'a');
  const b = yield* sys.pthread_create(takeOne, 'b');
  for (const fd of files) yield* sys.write(fd, one);
  yield* sys.pthread_join(a);
  yield* sys.pthread_join(b);
  while (left > 0) yield* sys.epoll_wait(ep, 1, -1);
}
