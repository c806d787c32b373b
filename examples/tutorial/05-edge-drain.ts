/**
 * Edge-triggered, registered once for both directions and never touched again, as Go's netpoll does
 * it: an event says that something has come, so read until EAGAIN.
 */
import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  SHUT_WR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { say, told, took } from './common/print.ts';

/** Reads four bytes at a time, until there are no more. */
function* drain(sys: Sys, fd: number): Code<void> {
  const buf = new Uint8Array(4);
  while (took(fd, yield* sys.read(fd, buf), buf) > 0);
}

export default function* main(sys: Sys): Code<void> {
  const [here, there] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  const events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  say('epoll_ctl(ADD)', yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, here, { events, data: here }));
  told(yield* sys.epoll_wait(ep, 8, 0)); // There is room to write.
  told(yield* sys.epoll_wait(ep, 8, 0)); // That was told.

  yield* sys.write(there, 'hello world');
  told(yield* sys.epoll_wait(ep, 8, 0)); // All that is true now, and not only what is new.
  told(yield* sys.epoll_wait(ep, 8, 0));
  yield* drain(sys, here);
  told(yield* sys.epoll_wait(ep, 8, 0));

  yield* sys.write(there, 'one');
  yield* sys.write(there, 'two');
  told(yield* sys.epoll_wait(ep, 8, 0)); // Two arrivals, one event.
  yield* drain(sys, here);

  say('shutdown(WR)', yield* sys.shutdown(there, SHUT_WR));
  told(yield* sys.epoll_wait(ep, 8, 0));
  yield* drain(sys, here);
  say('close', yield* sys.close(there));
  told(yield* sys.epoll_wait(ep, 8, 0));
}
