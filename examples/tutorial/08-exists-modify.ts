/**
 * What is registered already is refused with EEXIST, and stays as it was: then MOD is what is meant.
 * Registered is a descriptor together with its open file, so that a duplicate may be added as well.
 */
import {
  AF_UNIX,
  type Code,
  EEXIST,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { say, told } from './common/print.ts';

/** Adds, or modifies what is there. */
function* watch(sys: Sys, ep: number, fd: number, events: number): Code<void> {
  const interest = { events, data: fd };
  const ret = say(`epoll_ctl(ADD ${fd})`, yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, interest));
  if (ret !== -EEXIST) return;
  say(`epoll_ctl(MOD ${fd})`, yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, interest));
}

export default function* main(sys: Sys): Code<void> {
  const [here, there] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const ep = yield* sys.epoll_create1(0);
  yield* watch(sys, ep, here, EPOLLIN);
  told(yield* sys.epoll_wait(ep, 8, 0));

  const out = { events: EPOLLOUT, data: here };
  say(`epoll_ctl(ADD ${here})`, yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, here, out));
  told(yield* sys.epoll_wait(ep, 8, 0)); // EPOLLIN still, and nothing to read.
  yield* watch(sys, ep, here, EPOLLOUT);
  told(yield* sys.epoll_wait(ep, 8, 0));

  const copy = yield* sys.dup(here);
  yield* watch(sys, ep, copy, EPOLLIN | EPOLLOUT); // The same file, another number: an item more.
  yield* sys.write(there, 'x');
  told(yield* sys.epoll_wait(ep, 8, 0));
}
