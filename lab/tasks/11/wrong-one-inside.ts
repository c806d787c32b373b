import { type Code, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';

type Work = (sys: Sys, bytes: Uint8Array) => Code<boolean>;

function* setOf(sys: Sys, files: number[]): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  for (const fd of files) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  }
  return ep;
}

/** All four pipes in one instance, and that in another: what is urgent the program sorts out itself. */
export default function* (sys: Sys, urgent: number[], bulk: number[], work: Work): Code<void> {
  const inner = yield* setOf(sys, [...urgent, ...bulk]);
  const outer = yield* setOf(sys, [inner]);
  const byte = new Uint8Array(1);
  for (;;) {
    yield* sys.epoll_wait(outer, 1, -1);
    const ready = (yield* sys.epoll_wait(inner, 4, 0)).map(({ data }) => Number(data));
    const fd = ready.find((one) => urgent.includes(one)) ?? ready[0];
    if (fd === undefined) continue;
    yield* sys.read(fd, byte);
    if (yield* work(sys, byte)) return;
  }
}
