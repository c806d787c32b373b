/** Two threads with an epoll instance each wait for the same pipe; one byte comes. */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, O_NONBLOCK, type Program, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
  const work: Program = function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.read(reader, new Uint8Array(1));
  };
  yield* sys.pthread_create(work);
  yield* sys.pthread_create(work);
  yield* sys.write(writer, 'x');
  yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
}
