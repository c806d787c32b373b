import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, type Sys } from 'epollsim';

type Next = (sys: Sys) => Code<number[] | null>;
type Over = (sys: Sys) => Code<void>;

/** Watches the first socket of each session, and not the second. */
export default function* (sys: Sys, ep: number, next: Next, over: Over): Code<number> {
  for (let count = 0; ; count++) {
    const [fd] = (yield* next(sys)) ?? [];
    if (fd === undefined) return count;
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
    yield* over(sys);
  }
}
