/** A oneshot item that reports once; the program expects it to report twice. */
import { type Code, EPOLL_CTL_ADD, EPOLLIN, EPOLLONESHOT, type Sys } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.pipe2(0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLONESHOT });

  for (const word of ['one', 'two']) {
    yield* sys.write(writer, word);
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.read(reader, new Uint8Array(8));
  }
}
