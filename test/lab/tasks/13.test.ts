/** The task of lab 13: the solution passes, and each usual mistake is told what it is. */
import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
import { describe, expect, test } from 'vitest';
import solution from '../../../lab/tasks/13/solution.ts';
import starter from '../../../lab/tasks/13/starter.ts';
import { task } from '../../../lab/tasks/13/task.ts';
import allAtOnce from '../../../lab/tasks/13/wrong-all-at-once.ts';
import oneAfterTheOther from '../../../lab/tasks/13/wrong-one-after-the-other.ts';
import oneEvent from '../../../lab/tasks/13/wrong-one-event.ts';
import readyBefore from '../../../lab/tasks/13/wrong-ready-before.ts';
import shared from '../../../lab/tasks/13/wrong-shared.ts';
import type { Solution } from '../../../lab/tasks/task.ts';
import { fails, failsWhateverIsAsked } from '../../support/lab.ts';

/** Two threads at two pipes; main is one of them, and another thread writes. */
const pipes = (timeout: number): Solution =>
  function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const writers: number[] = [];
    for (let i = 0; i < 2; i++) {
      const [reader, writer] = yield* sys.pipe2(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | (1 << 31) });
      writers.push(writer);
    }
    const other = yield* sys.pthread_create((self) => self.epoll_wait(ep, 1, timeout));
    const client = yield* sys.pthread_create(function* (self) {
      for (const fd of writers) yield* self.write(fd, 'x');
    });
    yield* sys.epoll_wait(ep, 1, timeout);
    yield* sys.pthread_join(other);
    yield* sys.pthread_join(client);
  };

/** Nobody else is there. */
const alone: Solution = function* (sys) {
  const ep = yield* sys.epoll_create1(0);
  const fd = yield* sys.eventfd2(1, 0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN });
  yield* sys.epoll_wait(ep, 1, -1);
};

/** No epoll at all: a thread that reads what never comes. */
const reads: Solution = function* (sys) {
  const [reader] = yield* sys.pipe2(0);
  yield* sys.read(reader, new Uint8Array(1));
};

describe('the task of lab 13', () => {
  test.each([
    ['solution', solution],
    ['pipes', pipes(-1)],
  ])('%s passes', { timeout: 60_000 }, (_, one) => {
    const grade = task.grade(one);

    expect(grade.words.en).toMatch(/lost without 0c54a6a44bf3/);
    expect(grade.passed).toBe(true);
    expect(grade.schedule).toContain('# kernel 5.7');
    expect(grade.story).toContain('ovflist');
  });

  fails(task, 'en', {
    starter: [starter, /without 0c54a6a44bf3 nothing is lost/],
    readyBefore: [readyBefore, /without 0c54a6a44bf3 nothing is lost/],
    oneAfterTheOther: [oneAfterTheOther, /without 0c54a6a44bf3 nothing is lost/],
    allAtOnce: [allAtOnce, /which has the fix: .*how many does each thread take/],
    oneEvent: [oneEvent, /which has the fix: .*how many does each thread take/],
    alone: [alone, /nothing is lost/],
    reads: [reads, /So it is the program/],
    polls: [pipes(0), /timeout of -1/],
    shared: [shared, /variables that threads share.*sleeps for ever/],
  });
  failsWhateverIsAsked(task);
});
