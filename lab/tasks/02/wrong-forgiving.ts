import {
  type Code,
  EEXIST,
  ENOENT,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  type Sys,
} from 'epollsim';

/** Takes for granted that EPOLL_CTL_DEL can fail for one reason only. */
export default function* watch(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  if (events === 0) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
    return 0;
  }
  const interest = { events, data: fd };
  for (;;) {
    const changed = yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, interest);
    if (changed !== -ENOENT) return changed;
    const added = yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
    if (added !== -EEXIST) return added;
  }
}
