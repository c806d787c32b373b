import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, type Sys } from 'epollsim';

type Next = (sys: Sys) => Code<number[] | null>;
type Over = (sys: Sys) => Code<void>;

/** Looks whether the number is one of the session: it is, again. */
export default function* (sys: Sys, ep: number, next: Next, over: Over): Code<number> {
  let count = 0;
  const begin = function* (): Code<number[] | null> {
    const session = yield* next(sys);
    for (const fd of session ?? []) {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
    }
    return session;
  };
  let session = yield* begin();
  while (session !== null) {
    for (const { data } of yield* sys.epoll_wait(ep, 8, -1)) {
      if (session === null || !session.includes(Number(data))) continue;
      for (const fd of session) yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
      yield* over(sys);
      count++;
      session = yield* begin();
    }
  }
  return count;
}
