import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, type Sys } from 'epollsim';

type Next = (sys: Sys) => Code<number[] | null>;
type Over = (sys: Sys) => Code<void>;

/** Closes the sockets, which over() does. */
export default function* (sys: Sys, ep: number, next: Next, over: Over): Code<number> {
  for (let count = 0; ; count++) {
    const session = yield* next(sys);
    if (session === null) return count;
    for (const fd of session) {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
    }
    yield* sys.epoll_wait(ep, 1, -1);
    for (const fd of session) {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
      yield* sys.close(fd);
    }
    yield* over(sys);
  }
}
