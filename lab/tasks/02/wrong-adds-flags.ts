import {
  type Code,
  EEXIST,
  ENOENT,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  type Sys,
} from 'epollsim';

/** Is told once of each event, whatever was asked for. */
export default function* watch(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  if (events === 0) {
    const ret = yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
    return ret === -ENOENT ? 0 : ret;
  }
  const interest = { events: events | EPOLLET, data: fd };
  for (;;) {
    const changed = yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, interest);
    if (changed !== -ENOENT) return changed;
    const added = yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
    if (added !== -EEXIST) return added;
  }
}
