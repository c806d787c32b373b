/** The mistake: whatever epoll_wait() returns below 0 is an error. EINTR is none: ask again. */
import { EPOLL_CTL_ADD, EPOLLIN, errnoName } from 'epollsim';
import { checkTest } from 'epollsim/vitest';

const options = { liberties: ['eintr'], sharedMemory: false } as const;

checkTest('epoll_wait tells of the byte', options, function* (sys) {
  const [reader, writer] = yield* sys.pipe2(0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
  yield* sys.pthread_create(function* (sys) {
    yield* sys.write(writer, 'x');
  });

  const { ret } = yield* sys.epoll_wait(ep, 8, -1);
  if (ret < 0) throw new Error(`epoll_wait: ${errnoName(ret)}`);
  yield* sys.read(reader, new Uint8Array(1));
});
