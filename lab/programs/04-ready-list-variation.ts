import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Sys,
} from 'epollsim';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const fd = yield* sys.eventfd2(0, 0);
  const interest = { events: EPOLLIN, data: fd };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
  yield* sys.write(fd, one);
  // Read before anybody has asked.
  yield* sys.read(fd, new Uint8Array(8));
  yield* sys.epoll_wait(ep, 2, 0);
}
