import { type Code, EINTR, type Sys } from 'epollsim';

/** Begins anew after each signal. */
export default function* pause(sys: Sys, ms: number): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  while ((yield* sys.epoll_wait(ep, 1, ms)).ret === -EINTR);
  yield* sys.close(ep);
}
