/** The mistake: EPOLLOUT stays armed when there is nothing to write. MOD takes it away. */
import { AF_UNIX, EPOLL_CTL_ADD, EPOLLIN, EPOLLOUT, SOCK_STREAM, type Sys } from 'epollsim';
import { checkTest } from 'epollsim/vitest';

checkTest(
  'an answer goes out, and then there is silence',
  { preemptions: 1, sharedMemory: false },
  function* (sys) {
    const [client, connection] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
    yield* sys.pthread_create((sys) => serve(sys, connection), 'server');
    yield* sys.write(client, 'question');
    yield* sys.read(client, new Uint8Array(8));
    yield* sys.poll([], -1); // The connection stays, for the next question.
  },
);

function* serve(sys: Sys, fd: number) {
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLOUT });
  let pending = '';
  for (;;) {
    const [event] = yield* sys.epoll_wait(ep, 1, -1);
    if (event === undefined) continue;
    if ((event.events & EPOLLIN) !== 0) {
      yield* sys.read(fd, new Uint8Array(8));
      pending = 'answer';
    }
    if ((event.events & EPOLLOUT) !== 0 && pending !== '') {
      yield* sys.write(fd, pending);
      pending = '';
    }
  }
}
