import type { Code, epoll_data_t, Sys } from 'epollsim';

/** Reads, so that nothing comes twice. */
export default function* ready(sys: Sys, ep: number): Code<epoll_data_t[]> {
  const all: epoll_data_t[] = [];
  for (;;) {
    const events = yield* sys.epoll_wait(ep, 2, 0);
    if (events.length === 0) return all;
    for (const { data } of events) {
      yield* sys.read(Number(data), new Uint8Array(8));
      all.push(data);
    }
  }
}
