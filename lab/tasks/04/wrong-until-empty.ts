import type { Code, epoll_data_t, Sys } from 'epollsim';

/** Waits for the list to become empty. */
export default function* ready(sys: Sys, ep: number): Code<epoll_data_t[]> {
  const seen = new Set<epoll_data_t>();
  for (;;) {
    const events = yield* sys.epoll_wait(ep, 2, 0);
    if (events.length === 0) return [...seen];
    for (const { data } of events) seen.add(data);
  }
}
