/** How an event loop is tested: on a machine of its own, on many schedules, in milliseconds. */
import {
  AF_UNIX,
  type Code,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  randomSchedule,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
  simulate,
} from 'epollsim';
import { expect, test } from 'vitest';

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

const seeds = Array.from({ length: 20 }, (_, seed) => seed);

test.each(seeds)('countBytes() sees every byte and the end, on schedule %i', (seed) => {
  const program = function* (sys: Sys): Code<number> {
    const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    yield* sys.pthread_create(function* (sys) {
      yield* sys.write(writer, 'hello');
      yield* sys.write(writer, 'world');
      yield* sys.close(writer);
    });
    return yield* countBytes(sys, reader);
  };
  expect(simulate(program, { schedule: randomSchedule(seed) })).toBe(10);
});
