/**
 * Three writers and two waiters on one edge-triggered descriptor: what bench/check.ts verifies, and
 * bench/et.pml says for SPIN.
 */
import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  type Program,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET });
  const write: Program = function* (sys) {
    yield* sys.write(writer, 'x');
  };
  const wait: Program = function* (sys) {
    yield* sys.epoll_wait(ep, 1, -1);
    const bytes = new Uint8Array(16);
    while ((yield* sys.read(reader, bytes)) > 0);
  };
  for (let i = 1; i <= 3; i++) yield* sys.pthread_create(write, `writer${i}`);
  for (let i = 1; i <= 2; i++) yield* sys.pthread_create(wait, `waiter${i}`);
  yield* sys.poll([], -1);
}
