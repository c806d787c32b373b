import { CLOCK_MONOTONIC, type Code, type Sys } from 'epollsim';

function* now(sys: Sys): Code<number> {
  const clock = yield* sys.clock_gettime(CLOCK_MONOTONIC);
  return clock.tv_sec * 1000 + clock.tv_nsec / 1e6;
}

/** Makes a new instance for each sleep, and closes none. */
export default function* pause(sys: Sys, ms: number): Code<void> {
  const end = (yield* now(sys)) + ms;
  for (;;) {
    const left = Math.ceil(end - (yield* now(sys)));
    if (left <= 0) return;
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_wait(ep, 1, left);
  }
}
