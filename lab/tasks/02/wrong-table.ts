import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, type Sys } from 'epollsim';

/** Keeps a table of what it has added. */
const known = new Set<number>();

export default function* watch(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  if (events === 0) {
    const op = known.delete(fd) ? EPOLL_CTL_DEL : null;
    return op === null ? 0 : yield* sys.epoll_ctl(ep, op, fd);
  }
  const op = known.has(fd) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  known.add(fd);
  return yield* sys.epoll_ctl(ep, op, fd, { events, data: fd });
}
