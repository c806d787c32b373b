import type { Code, epoll_data_t, Sys } from 'epollsim';

/** Whoever was told of goes to the end: when one comes again, all others had their turn. */
export default function* ready(sys: Sys, ep: number): Code<epoll_data_t[]> {
  const seen = new Set<epoll_data_t>();
  for (;;) {
    const before = seen.size;
    const events = yield* sys.epoll_wait(ep, 2, 0);
    for (const { data } of events) seen.add(data);
    if (seen.size < before + 2) return [...seen];
  }
}
