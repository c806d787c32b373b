/** The task of lab 12: the solution passes, and each usual mistake is told what it is. */
import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
import { describe } from 'vitest';
import solution from '../../../lab/tasks/12/solution.ts';
import starter from '../../../lab/tasks/12/starter.ts';
import { task } from '../../../lab/tasks/12/task.ts';
import asksOnce from '../../../lab/tasks/12/wrong-asks-once.ts';
import asksTooOften from '../../../lab/tasks/12/wrong-asks-too-often.ts';
import joined from '../../../lab/tasks/12/wrong-joined.ts';
import oneFile from '../../../lab/tasks/12/wrong-one-file.ts';
import oneThread from '../../../lab/tasks/12/wrong-one-thread.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { fails, failsWhateverIsAsked, passes } from '../../support/lab.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** The other thread scans, once, and what it leaves is asked for when it is done. */
const scansBeside: Solution = function* (sys) {
  const ep = yield* sys.epoll_create1(0);
  const files = [yield* sys.eventfd2(0, 0), yield* sys.eventfd2(0, 0)];
  for (const fd of files) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  }
  const other = yield* sys.pthread_create(function* (self) {
    yield* self.epoll_wait(ep, 1, -1);
  });
  for (const fd of files) yield* sys.write(fd, one);
  yield* sys.pthread_join(other);
  yield* sys.epoll_wait(ep, 8, 0);
};

const setUp = (data: number | null, timeout: number, count: number): Solution =>
  function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const files = [yield* sys.eventfd2(0, 0), yield* sys.eventfd2(0, 0)];
    for (const fd of files) {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: data ?? fd });
    }
    const other = yield* sys.pthread_create(function* (self) {
      for (const fd of files) yield* self.write(fd, one.subarray(0, count));
    });
    const told = new Set<unknown>();
    while (told.size < files.length) {
      for (const event of yield* sys.epoll_wait(ep, 1, timeout)) {
        told.add(event.data);
        yield* sys.read(Number(event.data), new Uint8Array(8));
      }
    }
    yield* sys.pthread_join(other);
  };

/** Writes what an eventfd refuses. */
const refused: Solution = function* (sys) {
  const fd = yield* sys.eventfd2(0, 0);
  yield* sys.write(fd, 'x');
};

describe('the task of lab 12', () => {
  passes(task, { solution, scansBeside, reads: setUp(null, -1, 8) });
  fails(task, 'en', {
    starter: [starter, /nobody was told/],
    oneThread: [oneThread, /never came onto ovflist/],
    joined: [joined, /never came onto ovflist/],
    asksOnce: [asksOnce, /nobody was told/],
    asksTooOften: [asksTooOften, /sleeps for ever/],
    oneFile: [oneFile, /two eventfds are to be written to/],
    otherData: [setUp(1, -1, 8), /other data/],
    polls: [setUp(null, 0, 8), /again and again/],
    refused: [refused, /two eventfds are to be written to/],
  });
  failsWhateverIsAsked(task);
});
