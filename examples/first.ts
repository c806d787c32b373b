import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

/** Two messages of five bytes come, and this waits for each: how many bytes were read? */
export default function* main(sys: Sys): Code<number> {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET });

  yield* sys.pthread_create(function* (sys) {
    yield* sys.write(writer, 'hello');
    yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 1_000_000 });
    yield* sys.write(writer, 'world');
  });

  let total = 0;
  while (total < 10) {
    yield* sys.epoll_wait(ep, 8, -1);
    total += yield* sys.read(reader, new Uint8Array(5));
  }
  return total;
}
