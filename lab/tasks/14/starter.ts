import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Sys,
} from 'epollsim';

type Next = (sys: Sys) => Code<number[] | null>;
type Over = (sys: Sys) => Code<void>;

/** Ends one session. How many are there, until `next` gives null? */
export default function* (
  sys: Sys,
  ep: number,
  next: Next,
  over: Over,
): Code<number> {
  const session = (yield* next(sys)) ?? [];
  for (const fd of session) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, {
      events: EPOLLIN,
      data: fd,
    });
  }
  yield* sys.epoll_wait(ep, 8, -1);
  yield* over(sys);
  return 1;
}
