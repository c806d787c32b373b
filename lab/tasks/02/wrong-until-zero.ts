import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, type Sys } from 'epollsim';

/** Goes on until one of them works. */
export default function* watch(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  const interest = { events, data: fd };
  if (events === 0) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
    return 0;
  }
  for (;;) {
    if ((yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, interest)) === 0) return 0;
    if ((yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest)) === 0) return 0;
  }
}
