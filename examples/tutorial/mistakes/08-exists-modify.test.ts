/** The mistake: EEXIST is ignored, as the descriptor is there anyway. But what is asked for is the old. */
import {
  AF_UNIX,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLIN,
  EPOLLOUT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from 'epollsim';
import { checkTest } from 'epollsim/vitest';

checkTest('all is sent, as room is made', { preemptions: 1, sharedMemory: false }, function* (sys) {
  const [connection, client] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, connection, { events: EPOLLIN });
  const much = new Uint8Array(100_000);
  while ((yield* sys.write(connection, much)) !== -EAGAIN);

  yield* sys.pthread_create(function* (sys) {
    const buf = new Uint8Array(1_000_000);
    while ((yield* sys.read(client, buf)) > 0);
    yield* sys.poll([{ fd: client, events: EPOLLIN, revents: 0 }], -1);
  }, 'client');
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, connection, { events: EPOLLOUT });
  yield* sys.epoll_wait(ep, 1, -1);
  yield* sys.write(connection, 'the rest');
});
