import {
  AF_UNIX,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [here, there] = yield* sys.socketpair(
    AF_UNIX,
    SOCK_STREAM,
  );
  const ep = yield* sys.epoll_create1(0);
  const interest = { events: EPOLLIN, data: here };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, here, interest);

  yield* sys.pthread_create(function* peer(sys) {
    yield* sys.write(there, 'hello');
  });
  yield* sys.epoll_wait(ep, 8, -1);
  yield* sys.read(here, new Uint8Array(64));
}
