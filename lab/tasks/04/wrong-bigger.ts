import type { Code, epoll_data_t, Sys } from 'epollsim';

/** Takes a larger array. */
export default function* ready(sys: Sys, ep: number): Code<epoll_data_t[]> {
  const events = yield* sys.epoll_wait(ep, 64, 0);
  return events.map(({ data }) => data);
}
