import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Sys } from 'epollsim';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** A thread writes, and this one takes an event at a time, so that it scans while the other writes. */
export default function* (sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const files = [yield* sys.eventfd2(0, 0), yield* sys.eventfd2(0, 0)];
  const events = EPOLLIN | EPOLLET;
  for (const fd of files) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
  }
  const writer = yield* sys.pthread_create(function* (sys) {
    for (const fd of files) yield* sys.write(fd, one);
  });
  for (let told = 0; told < files.length; told++) {
    yield* sys.epoll_wait(ep, 1, -1);
  }
  yield* sys.pthread_join(writer);
}
