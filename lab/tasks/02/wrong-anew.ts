import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, type Sys } from 'epollsim';

/** Takes it off, and adds it anew. */
export default function* watch(sys: Sys, ep: number, fd: number, events: number): Code<number> {
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
  if (events === 0) return 0;
  return yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
}
