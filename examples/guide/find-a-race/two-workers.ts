import { type Code, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, type Program, type Sys } from 'epollsim';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** So many files and so many workers, each of which takes one event; every file becomes ready. */
export function* workers(sys: Sys, count: number): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  const files: number[] = [];
  const threads: number[] = [];
  const worker: Program = function* (sys) {
    yield* sys.epoll_wait(ep, 1, -1);
  };
  for (let i = 0; i < count; i++) {
    const fd = yield* sys.eventfd2(0, 0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLET, data: fd });
    files.push(fd);
  }
  for (let i = 0; i < count; i++) threads.push(yield* sys.pthread_create(worker));
  for (const fd of files) yield* sys.write(fd, one);
  for (const id of threads) yield* sys.pthread_join(id);
}

export default function* main(sys: Sys): Code<void> {
  yield* workers(sys, 2);
}
