import { CLOCK_MONOTONIC, type Code, type Sys } from 'epollsim';

function* now(sys: Sys): Code<number> {
  const clock = yield* sys.clock_gettime(CLOCK_MONOTONIC);
  return clock.tv_sec * 1000 + clock.tv_nsec / 1e6;
}

export default function* pause(sys: Sys, ms: number): Code<void> {
  const end = (yield* now(sys)) + ms;
  const ep = yield* sys.epoll_create1(0);
  for (;;) {
    const left = Math.ceil(end - (yield* now(sys)));
    if (left <= 0) break;
    yield* sys.epoll_wait(ep, 1, left);
  }
  yield* sys.close(ep);
}
