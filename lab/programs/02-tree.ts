import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const a = yield* sys.eventfd2(0, 0);
  const b = yield* sys.eventfd2(0, 0);
  const c = yield* sys.eventfd2(0, 0);
  const IN = { events: EPOLLIN };
  const OUT = { events: EPOLLOUT };

  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, a, IN);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, b, IN);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, c, IN);
  // Twice the same: EEXIST.
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, a, OUT);
  // The mask is replaced.
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, a, OUT);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, b);
  // What is not there: ENOENT.
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, b, IN);
  // What is not open: EBADF.
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, 99, IN);
}
