import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, type Sys } from 'epollsim';

/** Takes it that one of them has worked. */
export default function* watch(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  const interest = { events, data: fd };
  if (events === 0) yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
  else {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, interest);
  }
  return 0;
}
