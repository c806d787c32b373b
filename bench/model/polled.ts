/** poll() and select() of many eventfds of which one is ready, the last one. */
import { type Code, POLLIN, type Sys } from 'epollsim';
import { must, newEventfd, now, one, type Work } from './work.ts';

function* makePolled(sys: Sys, count: number): Code<number[]> {
  const fds: number[] = [];
  for (let i = 0; i < count; i++) fds.push(yield* newEventfd(sys));
  must(yield* sys.write(fds.at(-1) ?? -1, one), 'write');
  return fds;
}

export const poll: Work = function* (sys, [count = '']) {
  const fds = yield* makePolled(sys, Number(count));
  const pollfds = fds.map((fd) => ({ fd, events: POLLIN, revents: 0 }));
  return function* (rounds) {
    let events = 0;
    const start = now();
    for (let i = 0; i < rounds; i++) events += yield* sys.poll(pollfds, -1);
    return { ns: now() - start, events };
  };
};

export const select: Work = function* (sys, [count = '']) {
  const fds = yield* makePolled(sys, Number(count));
  const asked = new Set(fds);
  const nfds = (fds.at(-1) ?? -1) + 1;
  return function* (rounds) {
    const [out, ex] = [new Set<number>(), new Set<number>()];
    let events = 0;
    const start = now();
    for (let i = 0; i < rounds; i++) {
      events += yield* sys.select(nfds, { in: asked, out, ex }, null);
    }
    return { ns: now() - start, events };
  };
};
