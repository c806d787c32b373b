import type { Code, epoll_data_t, Sys } from 'epollsim';

/** Asks often enough. */
export default function* ready(sys: Sys, ep: number): Code<epoll_data_t[]> {
  const seen = new Set<epoll_data_t>();
  for (let i = 0; i < 10; i++) {
    for (const { data } of yield* sys.epoll_wait(ep, 2, 0)) seen.add(data);
  }
  return [...seen];
}
