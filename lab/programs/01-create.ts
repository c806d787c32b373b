import {
  type Code,
  EPOLL_CLOEXEC,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(EPOLL_CLOEXEC);
  // Is there anything? Do not wait.
  yield* sys.epoll_wait(ep, 8, 0);
  // Wait for 20 ms.
  yield* sys.epoll_wait(ep, 8, 20);
  // Room for no event at all is an error.
  yield* sys.epoll_wait(ep, 0, 20);
  yield* sys.close(ep);
}
