/**
 * The mistakes: EPOLLONESHOT, and nobody arms the connection again. And EPOLLET in its place where
 * there are several threads: each arrival may wake another one, so that two have one connection.
 */
import {
  AF_UNIX,
  decodeText,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { checkTest } from 'epollsim/vitest';

const options = { preemptions: 1, sharedMemory: false };

/** Sends back what comes, byte by byte; what is registered stays as it is. */
function* work(sys: Sys, ep: number, fd: number) {
  const buf = new Uint8Array(1);
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    while ((yield* sys.read(fd, buf)) > 0) yield* sys.write(fd, buf);
  }
}

checkTest('the second message comes back, too', options, function* (sys) {
  const [client, connection] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  const events = EPOLLIN | EPOLLET | EPOLLONESHOT;
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, connection, { events });
  yield* sys.pthread_create((sys) => work(sys, ep, connection), 'worker');
  const answers = [{ fd: client, events: EPOLLIN, revents: 0 }];
  for (const message of ['a', 'b']) {
    yield* sys.write(client, message);
    yield* sys.poll(answers, -1);
    yield* sys.read(client, new Uint8Array(1));
  }
});

checkTest(
  'two threads send all back in its order',
  { strategy: 'pct', executions: 200, sharedMemory: false },
  function* (sys) {
    const [client, connection] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, connection, { events: EPOLLIN | EPOLLET });
    for (const name of ['worker-1', 'worker-2']) {
      yield* sys.pthread_create((sys) => work(sys, ep, connection), name);
    }
    yield* sys.write(client, 'a');
    yield* sys.write(client, 'b');
    let echo = '';
    const buf = new Uint8Array(1);
    while (echo.length < 2) {
      yield* sys.poll([{ fd: client, events: EPOLLIN, revents: 0 }], -1);
      if ((yield* sys.read(client, buf)) > 0) echo += decodeText(buf);
    }
    sys.assert(echo === 'ab', 'the echo is what was sent');
  },
);
