/**
 * A descriptor is closed, and epoll goes on reporting it.
 *
 * An epoll item belongs to the open file, not to the descriptor. As long as another descriptor
 * keeps the file open, close() removes nothing: events go on coming for a number that is closed,
 * and there is no descriptor left by which EPOLL_CTL_DEL could find the item.
 */
import {
  AF_UNIX,
  type Code,
  EBADF,
  ENOENT,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN, data: reader });

  const copy = yield* sys.dup(reader);
  yield* sys.close(reader);
  yield* sys.write(writer, 'x');

  const events = yield* sys.epoll_wait(ep, 8, -1);
  sys.assert(events[0]?.data === reader, 'the event names a descriptor that is closed');
  const byOldNumber = yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, reader);
  sys.assert(byOldNumber === -EBADF, 'it cannot be removed by the old number');
  const byCopy = yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, copy);
  sys.assert(byCopy === -ENOENT, 'nor by the copy');

  yield* sys.dup2(copy, reader); // The way out: put the file back behind the old number.
  const removed = yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, reader);
  sys.assert(removed === 0, 'now it can');
}
