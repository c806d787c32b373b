import { expect, test } from 'vitest';
import { EPOLLET, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { randomSchedule, type Schedule } from '../../src/sim/schedule.ts';
import { add, eventfds } from '../support/epoll.ts';
import { inMachine } from '../support/run.ts';
import { byHand, type Stretch } from '../support/schedule.ts';

/**
 * Two threads look at once, with timeout 0, at an epoll with ready files, which nobody reads;
 * how many events each of them found.
 */
const twoLooks = (
  schedule: Schedule,
  { events, files }: { events: number; files: number },
): Record<string, number> => {
  const found: Record<string, number> = {};
  inMachine(
    function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      for (let i = 0; i < files; i++) {
        const [efd = -1] = yield* eventfds(sys, 1);
        yield* add(sys, epfd, efd, events);
      }
      const tids: number[] = [];
      for (const name of ['a', 'b']) {
        const tid = yield* sys.pthread_create(function* (thread) {
          found[name] = (yield* thread.epoll_wait(epfd, 1, 0)).ret;
        }, name);
        tids.push(tid);
      }
      for (const tid of tids) yield* sys.pthread_join(tid);
    },
    { cpus: 3, schedule },
  );
  return found;
};

/** Lets `a` run up to the n-th time that it is about to touch the lists of the epoll. */
const upToAccess = (n: number): Stretch[] =>
  Array.from({ length: n }, () => ({ thread: 'a', until: 'access ep' }));

/**
 * R15, in 5.0 to 7.1. A program that polls with timeout 0 beside another thread is told that nothing
 * is ready although a level-triggered file has been ready all the time.
 *
 * | a: ep_start_scan                      | b: epoll_wait(…, 0)                           |
 * | ------------------------------------- | --------------------------------------------- |
 * | takes the ready list over             |                                               |
 * |                                       | rdllist is empty, ovflist not open: returns 0 |
 * | opens ovflist                         |                                               |
 */
test('on some schedule epoll_wait(0) answers 0 at the start of a scan by another thread', () => {
  const schedule = byHand([{ thread: 'main' }, ...upToAccess(2), { thread: 'b' }]);

  expect(twoLooks(schedule, { events: EPOLLIN, files: 1 })).toEqual({ a: 1, b: 0 });
});

/** The same at the end of a scan: ovflist is closed and the rest of the batch is not back yet. */
test('on some schedule epoll_wait(0) answers 0 at the end of a scan by another thread', () => {
  const schedule = byHand([{ thread: 'main' }, ...upToAccess(3), { thread: 'b' }]);

  expect(twoLooks(schedule, { events: EPOLLIN | EPOLLET, files: 2 })).toEqual({ a: 1, b: 0 });
});

/** Between the two the scan shows: b waits for its end and finds what is left. */
test('on every sampled schedule at least one of two looks finds the ready file', () => {
  const answers = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const { a, b } = twoLooks(randomSchedule(seed), { events: EPOLLIN, files: 1 });
    answers.add(`${a} ${b}`);
  }

  expect([...answers].sort()).toEqual(['0 1', '1 0', '1 1']);
});
