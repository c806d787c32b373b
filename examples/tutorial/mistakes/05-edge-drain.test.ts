/** The mistake: one event, one accept4(). Two connections that come together are one edge. */
import {
  AF_INET,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  INADDR_LOOPBACK,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from 'epollsim';
import { checkTest } from 'epollsim/vitest';

const address = { family: AF_INET, addr: INADDR_LOOPBACK, port: 80 };

checkTest('both clients are let in', { preemptions: 1, sharedMemory: false }, function* (sys) {
  const listener = yield* sys.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.bind(listener, address);
  yield* sys.listen(listener, 8);
  yield* sys.pthread_create(function* (sys) {
    for (let i = 0; i < 2; i++) {
      const fd = yield* sys.socket(AF_INET, SOCK_STREAM);
      yield* sys.connect(fd, address);
    }
  }, 'clients');

  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, listener, { events: EPOLLIN | EPOLLET });
  for (let accepted = 0; accepted < 2; accepted++) {
    yield* sys.epoll_wait(ep, 8, -1);
    yield* sys.accept4(listener, SOCK_NONBLOCK);
  }
});
