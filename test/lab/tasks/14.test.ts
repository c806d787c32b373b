/** The task of lab 14: the solution passes, and each usual mistake is told what it is. */
import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, type Sys } from 'epollsim';
import { describe } from 'vitest';
import solution from '../../../lab/tasks/14/solution.ts';
import starter from '../../../lab/tasks/14/starter.ts';
import { task } from '../../../lab/tasks/14/task.ts';
import bothSides from '../../../lab/tasks/14/wrong-both-sides.ts';
import byNumber from '../../../lab/tasks/14/wrong-by-number.ts';
import closeAlone from '../../../lab/tasks/14/wrong-close-alone.ts';
import closesItself from '../../../lab/tasks/14/wrong-closes-itself.ts';
import deletesLate from '../../../lab/tasks/14/wrong-deletes-late.ts';
import deletesOne from '../../../lab/tasks/14/wrong-deletes-one.ts';
import oneSide from '../../../lab/tasks/14/wrong-one-side.ts';
import wholeBatch from '../../../lab/tasks/14/wrong-whole-batch.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { fails, failsWhateverIsAsked, passes } from '../../support/lab.ts';

type Next = (sys: Sys) => Code<number[] | null>;
type Over = (sys: Sys) => Code<void>;

/** Events carry the number of their session, and old ones are passed over. */
const generations: Solution = function* (sys, ep: number, next: Next, over: Over) {
  let count = 0;
  const begin = function* (): Code<number[] | null> {
    const files = yield* next(sys);
    for (const fd of files ?? []) {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: count });
    }
    return files;
  };
  let files = yield* begin();
  while (files !== null) {
    for (const { data } of yield* sys.epoll_wait(ep, 8, -1)) {
      if (Number(data) !== count || files === null) continue;
      for (const fd of files) yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
      yield* over(sys);
      count++;
      files = yield* begin();
    }
  }
  return count;
};

/** Asks nobody. */
const guesses: Solution = function* (sys, _ep, next: Next, over: Over) {
  for (let count = 0; ; count++) {
    if ((yield* next(sys)) === null) return count;
    yield* over(sys);
  }
};

/** Waits, and has added nothing. */
const addsNothing: Solution = function* (sys, ep: number, next: Next) {
  yield* next(sys);
  yield* sys.epoll_wait(ep, 1, -1);
};

/** Asks for all sessions first. */
const greedy: Solution = function* (sys, _ep, next: Next) {
  while ((yield* next(sys)) !== null) {}
};

/** Two events, two ends. */
const twice: Solution = function* (sys, ep: number, next: Next, over: Over) {
  for (const fd of (yield* next(sys)) ?? []) {
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN });
  }
  for (const _ of yield* sys.epoll_wait(ep, 8, -1)) yield* over(sys);
};

/** The list is its own, and empty in the end. */
const pops: Solution = function* (sys, ep: number, next: Next, over: Over) {
  let count = 0;
  for (;;) {
    const files = yield* next(sys);
    if (files === null) return count;
    for (const fd of files) yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN });
    yield* sys.epoll_wait(ep, 1, -1);
    for (let fd = files.pop(); fd !== undefined; fd = files.pop()) {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, fd);
    }
    yield* over(sys);
    count++;
  }
};

const withoutSys: Solution = function* (_sys, _ep, next: () => Code<number[] | null>) {
  yield* next();
};

describe('the task of lab 14', () => {
  passes(task, { solution, generations, pops });
  fails(task, 'en', {
    starter: [starter, /a session is left/],
    wholeBatch: [wholeBatch, /both sides.*event was of an earlier session/],
    byNumber: [byNumber, /both sides.*event was of an earlier session/],
    closeAlone: [closeAlone, /child still has.*(never deleted|close\(\) takes an item away)/],
    deletesLate: [deletesLate, /child still has.*(never deleted|close\(\) takes an item away)/],
    deletesOne: [deletesOne, /child still has.*(never deleted|close\(\) takes an item away)/],
    guesses: [guesses, /peers are both there/],
    addsNothing: [addsNothing, /each socket of the session added/],
    greedy: [greedy, /One session at a time/],
    oneSide: [oneSide, /second side of a session ends alone.*sleeps for ever/],
    bothSides: [bothSides, /ends alone.*One side that has ended is enough/],
    closesItself: [closesItself, /close\(\) is called/],
    withoutSys: [withoutSys, /yield\* next\(sys\)/],
    twice: [twice, /no session is open/],
  });
  failsWhateverIsAsked(task);
});
