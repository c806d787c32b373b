/** The mistake: nobody looks at what write() returns. It may take less than it was given, or nothing. */
import {
  AF_UNIX,
  EPOLL_CTL_ADD,
  EPOLLIN,
  F_SETFL,
  O_NONBLOCK,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';
import { checkTest } from 'epollsim/vitest';

function* serve(sys: Sys, fd: number) {
  yield* sys.fcntl(fd, F_SETFL, O_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN });
  const buf = new Uint8Array(64);
  for (;;) {
    yield* sys.epoll_wait(ep, 1, -1);
    const n = yield* sys.read(fd, buf);
    if (n > 0) yield* sys.write(fd, buf.subarray(0, n));
  }
}

function* client(sys: Sys) {
  const [fd, connection] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  yield* sys.pthread_create((sys) => serve(sys, connection), 'server');
  yield* sys.write(fd, 'hello');
  for (let left = 5; left > 0; ) left -= yield* sys.read(fd, new Uint8Array(left));
}

const options = { strategy: 'pct', executions: 200, sharedMemory: false } as const;
checkTest('all comes back', { ...options, liberties: ['short-write'] }, client);
checkTest('all comes back, in spite of EAGAIN', { ...options, liberties: ['eagain'] }, client);
