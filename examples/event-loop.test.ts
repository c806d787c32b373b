import {
  AF_UNIX,
  type Code,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { checkTest, simTest } from 'epollsim/vitest';
import { expect } from 'vitest';

/** The code under test: counts the bytes that come until the other side closes. */
function* countBytes(sys: Sys, fd: number): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLET });
  const buf = new Uint8Array(4);
  for (let total = 0; ; ) {
    yield* sys.epoll_wait(ep, 8, -1);
    for (;;) {
      const n = yield* sys.read(fd, buf);
      if (n === -EAGAIN) break;
      if (n <= 0) return total;
      total += n;
    }
  }
}

function* countsAll(sys: Sys): Code<void> {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.pthread_create(function* (sys) {
    yield* sys.write(writer, 'hello');
    yield* sys.write(writer, 'world');
    yield* sys.close(writer);
  });
  expect(yield* countBytes(sys, reader)).toBe(10);
}

simTest('countBytes() sees every byte and the end, on twenty schedules', { seeds: 20 }, countsAll);
checkTest('on all with one preemption', { preemptions: 1, sharedMemory: false }, countsAll);
