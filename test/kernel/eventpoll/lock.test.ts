import { expect, test } from 'vitest';
import { EPOLLET, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { randomSchedule } from '../../../src/sim/schedule.ts';
import { add, epOf, eventfds, harvest } from '../../support/epoll.ts';
import { writeCount } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { Recorder } from '../../support/trace.ts';

/** What ep->lock is, and with which operations a write and a wait take it. */
const verbs = (kernel: string): string[] => {
  const trace = new Recorder();
  inMachine(function* (sys) {
    const epfd = yield* sys.epoll_create1(0);
    const [efd = -1] = yield* eventfds(sys, 0);
    yield* add(sys, epfd, efd, EPOLLIN | EPOLLET);
    yield* writeCount(sys, efd, 1n);
    yield* harvest(sys, epfd);
  }, trace.on({ kernel }));
  const taken = trace.lines.flatMap((line) => /(\w+) ep->lock$/.exec(line)?.[1] ?? []);
  return [...new Set(taken)].filter((verb) => verb !== 'release').sort();
};

/** a218cc491420 let callbacks run side by side; 0c43094f8cc9 took that back for the sake of RT. */
test.each([
  ['6.17', ['read_lock', 'write_lock']],
  ['6.18', ['spin_lock']],
])('on %s ep->lock is taken by %j', (kernel, expected) => {
  expect(verbs(kernel)).toEqual(expected);
});

/** Two callbacks that append to one ready list at once must not lose an item. */
test.each(['6.17', '6.18'])('on %s no event is lost between concurrent callbacks', (kernel) => {
  for (let seed = 0; seed < 60; seed++) {
    const seen = inMachine(
      function* (sys) {
        const epfd = yield* sys.epoll_create1(0);
        const fds = yield* eventfds(sys, 0, 0, 0);
        for (const fd of fds) yield* add(sys, epfd, fd, EPOLLIN | EPOLLET);
        const tids: number[] = [];
        for (const fd of fds) {
          tids.push(yield* sys.pthread_create((thread) => writeCount(thread, fd, 1n)));
        }
        for (const tid of tids) yield* sys.pthread_join(tid);
        return [(yield* harvest(sys, epfd)).map(Number).sort(), epOf(epfd).lock.owner];
      },
      { kernel, cpus: 4, schedule: randomSchedule(seed) },
    );

    expect(seen).toEqual([[4, 5, 6], null]);
  }
});
