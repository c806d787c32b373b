/** A descriptor is closed, and epoll goes on reporting it. tutorial/09-use-after-delete.ts has the whole story. */
import { AF_UNIX, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, SOCK_STREAM, type Sys } from 'epollsim';

export default function* main(sys: Sys) {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN, data: reader });
  const copy = yield* sys.dup(reader);
  yield* sys.close(reader);
  yield* sys.write(writer, 'x');
  yield* sys.epoll_wait(ep, 8, -1);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, reader);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, copy);
}
