/** One writes to a socket pair, the other waits for it, edge-triggered, and reads until EAGAIN. */
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
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET });
  yield* sys.pthread_create(function* (sys) {
    yield* sys.write(writer, 'x');
  });
  yield* sys.pthread_create(function* (sys) {
    yield* sys.epoll_wait(ep, 1, -1);
    const bytes = new Uint8Array(16);
    while ((yield* sys.read(reader, bytes)) > 0);
  });
  yield* sys.poll([], -1);
}
