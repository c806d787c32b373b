import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  for (let i = 0; i < 2; i++) {
    const fd = yield* sys.eventfd2(1, 0); // Ready.
    const interest = {
      events: EPOLLIN | EPOLLET,
      data: fd,
    };
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
  }
  const takeOne = function* (sys: Sys): Code<void> {
    yield* sys.epoll_wait(ep, 1, -1);
  };
  const a = yield* sys.pthread_create(takeOne, 'a');
  const b = yield* sys.pthread_create(takeOne, 'b');
  yield* sys.pthread_join(a);
  yield* sys.pthread_join(b);
}
