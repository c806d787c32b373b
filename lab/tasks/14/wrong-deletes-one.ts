import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, type Sys } from 'epollsim';

type Next = (sys: Sys) => Code<number[] | null>;
type Over = (sys: Sys) => Code<void>;

/** Deletes the socket that was told of, and forgets the other side. */
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
    const [event] = yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, Number(event?.data));
    yield* over(sys);
    count++;
    session = yield* begin();
  }
  return count;
}
