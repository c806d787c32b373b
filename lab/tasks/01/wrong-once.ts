import type { Code, Sys } from 'epollsim';

/** Takes whatever ends the wait for the end of the pause. */
export default function* pause(sys: Sys, ms: number): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_wait(ep, 1, ms);
  yield* sys.close(ep);
}
