import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

type Work = (sys: Sys, bytes: Uint8Array) => Code<boolean>;

function* setOf(sys: Sys, files: number[], events = EPOLLIN): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  for (const fd of files) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events, data: fd });
  }
  return ep;
}

/** Hands over all that a read gives, which may be two messages. */
export default function* (sys: Sys, urgent: number[], bulk: number[], work: Work): Code<void> {
  const first = yield* setOf(sys, urgent);
  const second = yield* setOf(sys, bulk);
  const outer = yield* setOf(sys, [first, second]);
  const bytes = new Uint8Array(8);
  for (;;) {
    yield* sys.epoll_wait(outer, 1, -1);
    let [event] = yield* sys.epoll_wait(first, 1, 0);
    event ??= (yield* sys.epoll_wait(second, 1, 0))[0];
    if (event === undefined) continue;
    const n = yield* sys.read(Number(event.data), bytes);
    if (yield* work(sys, bytes.subarray(0, n))) return;
  }
}
