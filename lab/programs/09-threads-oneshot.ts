import {
  AF_UNIX,
  type Code,
  decodeText,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  MSG_DONTWAIT,
  SOCK_STREAM,
  type Sys,
} from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  const [sock, peer] = yield* sys.socketpair(
    AF_UNIX,
    SOCK_STREAM,
  );
  const ep = yield* sys.epoll_create1(0);
  const interest = {
    events: EPOLLIN | EPOLLET | EPOLLONESHOT,
  };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, sock, interest);

  let message = '';
  const worker = function* (sys: Sys): Code<void> {
    for (;;) {
      yield* sys.epoll_wait(ep, 1, -1);
      const buf = new Uint8Array(8);
      const n = yield* sys.recv(sock, buf, MSG_DONTWAIT);
      yield* sys.sched_yield(); // Its work takes a while.
      if (n > 0) message += decodeText(buf.subarray(0, n));
      if (message.length === 5)
        yield* sys.write(sock, message);
      yield* sys.epoll_ctl(
        ep,
        EPOLL_CTL_MOD,
        sock,
        interest,
      );
    }
  };
  yield* sys.pthread_create(worker, 'a');
  yield* sys.pthread_create(worker, 'b');
  yield* sys.write(peer, 'he');
  yield* sys.write(peer, 'llo');
  const answer = new Uint8Array(5);
  yield* sys.read(peer, answer);
  sys.assert(
    decodeText(answer) === 'hello',
    decodeText(answer),
  );
}
