import {
  CLOCK_MONOTONIC,
  type Code,
  type Sys,
} from 'epollsim';

/** What the clock shows, in milliseconds. */
export function* now(sys: Sys): Code<number> {
  const clock = yield* sys.clock_gettime(CLOCK_MONOTONIC);
  return clock.tv_sec * 1000 + clock.tv_nsec / 1e6;
}

/** Sleeps for `ms` milliseconds, signals or not. */
export default function* pause(
  sys: Sys,
  ms: number,
): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_wait(ep, 1, ms);
}
