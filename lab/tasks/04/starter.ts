import type { Code, epoll_data_t, Sys } from 'epollsim';

/**
 * The data of each item that is ready now, once.
 * The array of events has room for two.
 */
export default function* ready(
  sys: Sys,
  ep: number,
): Code<epoll_data_t[]> {
  const events = yield* sys.epoll_wait(ep, 2, 0);
  return events.map(({ data }) => data);
}
