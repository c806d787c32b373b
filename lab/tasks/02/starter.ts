import {
  type Code,
  EPOLL_CTL_ADD,
  type Sys,
} from 'epollsim';

/**
 * From now on `ep` tells of `events` of `fd`; of
 * nothing if they are 0. Returns 0, or -errno.
 */
export default function* watch(
  sys: Sys,
  ep: number,
  fd: number,
  events: number,
): Code<number> {
  const interest = { events, data: fd };
  return yield* sys.epoll_ctl(
    ep,
    EPOLL_CTL_ADD,
    fd,
    interest,
  );
}
