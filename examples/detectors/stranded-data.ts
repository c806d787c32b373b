/** An edge-triggered reader that reads once an event. */
import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, O_NONBLOCK, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET });
  yield* sys.write(writer, 'hello');

  for (let left = 5; left > 0; ) {
    yield* sys.epoll_wait(ep, 1, -1);
    left -= yield* sys.read(reader, new Uint8Array(4));
  }
}
