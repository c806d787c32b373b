import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const event = yield* sys.eventfd2(0, 0);
  const copy = yield* sys.dup(event);

  const one = { events: EPOLLIN, data: 1 };
  const two = { events: EPOLLIN, data: 2 };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, one);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, copy, two);

  const bytes = new Uint8Array(8);
  bytes[0] = 1;
  yield* sys.write(event, bytes);
  yield* sys.epoll_wait(ep, 8, 0);

  yield* sys.close(event);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, event);
  yield* sys.epoll_wait(ep, 8, 0);
  // The number is given again, to another file.
  const next = yield* sys.eventfd2(0, 0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, next);
}
