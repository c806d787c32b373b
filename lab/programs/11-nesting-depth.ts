import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Sys,
} from 'epollsim';

/** How many instances can stand in a row? */
export default function* main(sys: Sys): Code<number> {
  const add = (ep: number, fd: number) =>
    sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, {
      events: EPOLLIN,
    });
  const first = yield* sys.epoll_create1(0);
  yield* add(first, first); // Itself: EINVAL.
  let top = first;
  for (let row = 1; ; row++) {
    const next = yield* sys.epoll_create1(0);
    if ((yield* add(next, top)) < 0) return row;
    yield* add(first, next); // A circle: ELOOP.
    top = next;
  }
}
