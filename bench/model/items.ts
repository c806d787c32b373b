/** A set of many eventfds: ADD, MOD and DEL beside them, and epoll_wait with some of them ready. */
import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  type Sys,
} from 'epollsim';
import { expect, must, newEventfd, now, one, type Work, watch } from './work.ts';

/** How many of the items are for what follows, at most; the others do nothing. */
const mostKept = 1024;

/** An epoll instance with so many items, and those of them that are kept: they lie evenly among all. */
function* makeItems(sys: Sys, count: number): Code<{ ep: number; kept: number[] }> {
  const ep = must(yield* sys.epoll_create1(0), 'epoll_create1');
  const share = Math.min(count, mostKept);
  const kept: number[] = [];
  for (let i = 0; i < count; i++) {
    const fd = yield* newEventfd(sys);
    yield* watch(sys, ep, fd, EPOLLIN);
    if (i === Math.floor((kept.length * count) / share)) kept.push(fd);
  }
  return { ep, kept };
}

const ops = [EPOLL_CTL_DEL, EPOLL_CTL_ADD, EPOLL_CTL_MOD];

/** Half of those that are kept are taken out, put back and changed. */
export const ctl: Work = function* (sys, [count = '']) {
  const { ep, kept } = yield* makeItems(sys, Number(count));
  const probes = kept.filter((_, i) => i % 2 === 0).slice(0, kept.length >> 1);
  return function* (rounds, which) {
    let ns = 0;
    let events = 0;
    for (let i = 0; i < rounds; i++) {
      for (const op of ops) {
        const interest = { events: op === EPOLL_CTL_MOD ? EPOLLIN | EPOLLET : EPOLLIN };
        const start = now();
        for (const fd of probes) must(yield* sys.epoll_ctl(ep, op, fd, interest), 'epoll_ctl');
        if (op !== ops[which]) continue;
        ns += now() - start;
        events += probes.length;
      }
    }
    return { ns, events };
  };
};

/** `which`: how many are ready. */
export const epollWait: Work = function* (sys, [count = '']) {
  const { ep, kept } = yield* makeItems(sys, Number(count));
  let ready: readonly number[] = [];
  /** Makes so many ready, which lie evenly among the items, and no others. */
  function* makeReady(count: number): Code<void> {
    for (const fd of ready) must(yield* sys.read(fd, new Uint8Array(8)), 'read');
    expect((yield* sys.epoll_wait(ep, kept.length, 0)).ret === 0, 'nothing to be ready');
    ready = Array.from(
      { length: count },
      (_, i) => kept[Math.floor((i * kept.length) / count)] ?? -1,
    );
    for (const fd of ready) must(yield* sys.write(fd, one), 'write');
  }
  return function* (rounds, which) {
    if (which !== ready.length) yield* makeReady(which);
    let events = 0;
    const start = now();
    for (let i = 0; i < rounds; i++) events += (yield* sys.epoll_wait(ep, which, -1)).ret;
    return { ns: now() - start, events };
  };
};
