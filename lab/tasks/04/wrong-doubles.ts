import type { Code, epoll_data_t, Sys } from 'epollsim';

/** Takes what comes until one comes again, and keeps that one, too. */
export default function* ready(sys: Sys, ep: number): Code<epoll_data_t[]> {
  const all: epoll_data_t[] = [];
  for (;;) {
    const events = yield* sys.epoll_wait(ep, 2, 0);
    const known = events.some(({ data }) => all.includes(data));
    all.push(...events.map(({ data }) => data));
    if (known || events.length < 2) return all;
  }
}
