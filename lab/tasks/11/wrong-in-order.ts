import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

type Work = (sys: Sys, bytes: Uint8Array) => Code<boolean>;

function* setOf(sys: Sys, files: number[], events = EPOLLIN): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  for (const fd of files) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
  }
  return ep;
}

/** Takes what the outer instance tells of first. */
export default function* (sys: Sys, urgent: number[], bulk: number[], work: Work): Code<void> {
  const first = yield* setOf(sys, urgent);
  const second = yield* setOf(sys, bulk);
  const outer = yield* setOf(sys, [first, second]);
  const byte = new Uint8Array(1);
  for (;;) {
    const [inner] = yield* sys.epoll_wait(outer, 1, -1);
    const [event] = yield* sys.epoll_wait(Number(inner?.data), 1, 0);
    if (event === undefined) continue;
    yield* sys.read(Number(event.data), byte);
    if (yield* work(sys, byte)) return;
  }
}
