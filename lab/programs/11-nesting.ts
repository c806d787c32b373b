import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.pipe2(0);
  const inner = yield* sys.epoll_create1(0);
  const outer = yield* sys.epoll_create1(0);
  const add = (ep: number, fd: number) =>
    sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, {
      events: EPOLLIN,
      data: fd,
    });
  yield* add(inner, reader);
  yield* add(outer, inner);

  yield* sys.pthread_create(function* client(sys) {
    yield* sys.write(writer, 'x');
  }, 'client');
  yield* sys.epoll_wait(outer, 1, -1); // Something is in inner.
  yield* sys.epoll_wait(inner, 1, 0); // What it is.
  yield* sys.read(reader, new Uint8Array(1));
  yield* sys.epoll_wait(outer, 1, 0); // It looks: nothing.
}
