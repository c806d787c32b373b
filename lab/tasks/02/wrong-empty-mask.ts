import { type Code, EEXIST, ENOENT, EPOLL_CTL_ADD, EPOLL_CTL_MOD, type Sys } from 'epollsim';

/** No events are asked for by an empty mask. */
export default function* watch(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  const interest = { events, data: fd };
  for (;;) {
    const changed = yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, interest);
    if (changed !== -ENOENT) return changed;
    const added = yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest);
    if (added !== -EEXIST) return added;
  }
}
