import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Sys,
} from 'epollsim';

type Work = (sys: Sys, bytes: Uint8Array) => Code<boolean>;

/** Two urgent pipes and two others: a byte is a message, which `work` takes; true at the last one. */
export default function* (
  sys: Sys,
  urgent: number[],
  bulk: number[],
  work: Work,
): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  for (const fd of [...urgent, ...bulk]) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, {
      events: EPOLLIN,
      data: fd,
    });
  }
  for (let last = false; !last; ) {
    const [event] = yield* sys.epoll_wait(ep, 1, -1);
    const byte = new Uint8Array(1);
    yield* sys.read(Number(event?.data), byte);
    last = yield* work(sys, byte);
  }
}
