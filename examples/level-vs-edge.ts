/**
 * Level-triggered and edge-triggered, side by side: eleven bytes, of which a reader takes five.
 *
 * The level-triggered instance goes on reporting the six that are left. The edge-triggered one says
 * nothing until another byte comes, even though there is something to read all the time: it hears
 * of arrivals, not of bytes. So a program that reads once an event hangs.
 */
import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const level = yield* sys.epoll_create1(0);
  const edge = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(level, EPOLL_CTL_ADD, reader, { events: EPOLLIN, data: reader });
  yield* sys.epoll_ctl(edge, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET, data: reader });

  yield* sys.write(writer, 'hello world');
  sys.assert((yield* sys.epoll_wait(level, 8, 0)).ret === 1, 'LT reports the arrival');
  sys.assert((yield* sys.epoll_wait(edge, 8, 0)).ret === 1, 'ET reports the arrival');

  yield* sys.read(reader, new Uint8Array(5));
  sys.assert((yield* sys.epoll_wait(level, 8, 0)).ret === 1, 'LT reports what is left');
  sys.assert((yield* sys.epoll_wait(edge, 8, 0)).ret === 0, 'ET does not');

  yield* sys.write(writer, '!');
  sys.assert((yield* sys.epoll_wait(edge, 8, 0)).ret === 1, 'ET reports the next arrival');
}
