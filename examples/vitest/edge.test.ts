/** simTest(): a program on one schedule, and on twenty. */
import { EPOLL_CTL_ADD, EPOLLET, EPOLLIN, O_NONBLOCK } from 'epollsim';
import { descriptor, simTest, thread, wakeups } from 'epollsim/vitest';
import { expect } from 'vitest';

simTest('an edge is reported once', function* (sys) {
  const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET, data: reader });
  expect(descriptor(sys, ep)).not.toBeReady();

  yield* sys.write(writer, 'x');
  expect(descriptor(sys, ep)).toBeReady();
  expect(yield* sys.epoll_wait(ep, 8, 0)).toHaveEvents([[reader, EPOLLIN]]);
  expect(yield* sys.epoll_wait(ep, 8, 0)).toHaveNoEvents();
  expect(descriptor(sys, reader)).toBeReady(EPOLLIN);
});

simTest.each(['5.4', '5.10', '6.18'])(
  'a write wakes who waits, on %s',
  (kernel) => ({ kernel }),
  function* (sys) {
    const [reader, writer] = yield* sys.pipe2(0);
    yield* sys.pthread_create(function* (sys) {
      yield* sys.read(reader, new Uint8Array(8));
    });
    yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 }); // Long enough to fall asleep.
    expect(thread(sys, 't1')).toBeBlockedIn('read');
    expect(yield* wakeups(sys, sys.write(writer, 'x'))).toWake('t1');
  },
);
