/**
 * The mistakes: the first event of a batch ends two connections, and the second event is of the other
 * one. And a descriptor is closed that was not deleted, though a duplicate is open: events go on.
 */
import {
  AF_UNIX,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  EPOLLRDHUP,
  O_NONBLOCK,
  SOCK_STREAM,
} from 'epollsim';
import { checkTest } from 'epollsim/vitest';

const options = { preemptions: 1, sharedMemory: false };

checkTest('a proxy closes both sides when one has gone', options, function* (sys) {
  const ep = yield* sys.epoll_create1(0);
  const [left, client] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const [right, server] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  const connections = new Map([
    [left, { other: right }],
    [right, { other: left }],
  ]);
  for (const fd of connections.keys()) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLRDHUP, data: fd });
  }
  yield* sys.pthread_create(function* (sys) {
    yield* sys.close(client);
  }, 'client');
  yield* sys.pthread_create(function* (sys) {
    yield* sys.close(server);
  }, 'server');

  while (connections.size > 0) {
    for (const { data } of yield* sys.epoll_wait(ep, 8, -1)) {
      const connection = connections.get(Number(data)) as { other: number };
      for (const fd of [connection.other, Number(data)]) {
        yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
        yield* sys.close(fd);
        connections.delete(fd);
      }
    }
  }
});

checkTest('a closed pipe is silent', options, function* (sys) {
  const ep = yield* sys.epoll_create1(0);
  const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN, data: reader });
  yield* sys.dup(reader);
  yield* sys.close(reader);
  yield* sys.write(writer, 'x');
  yield* sys.epoll_wait(ep, 8, 100);
});
