/**
 * The mistakes: what the outer instance tells of is read as if it were the file with the news. And one
 * event is taken from the inner one for each edge of the outer one, though an edge may stand for two.
 */
import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, O_NONBLOCK, type Sys } from 'epollsim';
import { checkTest } from 'epollsim/vitest';

const options = { sharedMemory: false };

/** Two pipes with a byte each, in an inner instance, in an outer one. */
function* nest(sys: Sys, events: number): Code<{ inner: number; outer: number }> {
  const inner = yield* sys.epoll_create1(0);
  const outer = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(outer, EPOLL_CTL_ADD, inner, { events, data: inner });
  for (let i = 0; i < 2; i++) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    yield* sys.epoll_ctl(inner, EPOLL_CTL_ADD, reader, { events: EPOLLIN, data: reader });
    yield* sys.write(writer, 'x');
  }
  return { inner, outer };
}

checkTest('what is told of is read', options, function* (sys) {
  const { outer } = yield* nest(sys, EPOLLIN);
  for (let read = 0; read < 2; ) {
    const [event] = yield* sys.epoll_wait(outer, 1, -1);
    const n = yield* sys.read(Number(event?.data), new Uint8Array(1));
    if (n > 0) read += n;
  }
});

checkTest('both pipes are read', options, function* (sys) {
  const { inner, outer } = yield* nest(sys, EPOLLIN | EPOLLET);
  for (let read = 0; read < 2; ) {
    yield* sys.epoll_wait(outer, 1, -1);
    const [event] = yield* sys.epoll_wait(inner, 1, 0);
    read += yield* sys.read(Number(event?.data), new Uint8Array(1));
  }
});
