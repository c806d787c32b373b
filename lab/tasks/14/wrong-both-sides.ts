import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLET, EPOLLIN, type Sys } from 'epollsim';

type Next = (sys: Sys) => Code<number[] | null>;
type Over = (sys: Sys) => Code<void>;

/** Waits until both sides of a session have ended. */
export default function* (sys: Sys, ep: number, next: Next, over: Over): Code<number> {
  for (let count = 0; ; count++) {
    const session = yield* next(sys);
    if (session === null) return count;
    const left = new Set(session);
    for (const fd of session) {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLET, data: fd });
    }
    while (left.size > 0) {
      for (const { data } of yield* sys.epoll_wait(ep, 2, -1)) left.delete(Number(data));
    }
    for (const fd of session) yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
    yield* over(sys);
  }
}
