import { expect, test } from 'vitest';
import { EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import type { Code, Program, Sys } from '../../../src/syscalls/sys.ts';
import { harvest } from '../../support/epoll.ts';
import { pause, watch } from '../../support/programs.ts';
import { exampleOf, onAll, onOne, said } from './explored.ts';

/** A server that serves the wrong client, whose connection got the number of an old one. */
test('the example: an event for a number that is another file by now', async () => {
  const problems = onAll(await exampleOf('stale-event'));

  expect(said(problems, 'stale-event')).toEqual([
    'epoll_wait told main of descriptor 3 (ep4[3]), which is pipe3 by now, another file than was ' +
      'added.',
  ]);
  expect(problems[0]?.details).toEqual(['the eventfd that was added lives on: main has it as 5']);
});

/** The same on kernels whose scan was built in other ways. */
test.each(['4.4', '5.0', '5.5', '5.9', '7.3'])('it is told of on %s too', async (kernel) => {
  const problems = onOne(await exampleOf('stale-event'), { kernel });

  expect(said(problems, 'stale-event')).toHaveLength(1);
});

/** Asks for events of an eventfd after `close` has done what it does to descriptors of it. */
const after = (close: (sys: Sys, fd: number) => Code<unknown>): Program =>
  function* (sys) {
    const fd = yield* sys.eventfd2(1, 0);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* close(sys, fd);
    yield* harvest(sys, ep);
  };

/** A child keeps open what its parent has closed. */
test('a file that a child keeps open is told of after its end', () => {
  const program = after(function* (sys, fd) {
    yield* sys.fork(function* (child) {
      yield* child.nanosleep({ tv_sec: 1, tv_nsec: 0 });
    });
    yield* sys.close(fd);
  });

  expect(said(onOne(program), 'stale-event')).toEqual([
    'epoll_wait told main of descriptor 3 (ep4[3]), which main does not have open any more.',
  ]);
});

/** False alarms: the file is gone with its last descriptor, or only others have closed theirs. */
test.each<[string, (sys: Sys, fd: number) => Code<unknown>]>([
  ['the last descriptor was closed', (sys, fd) => sys.close(fd)],
  [
    'a duplicate was closed',
    function* (sys, fd) {
      yield* sys.close(yield* sys.dup(fd));
    },
  ],
  [
    'a child has closed its copy',
    function* (sys, fd) {
      yield* sys.fork(function* (child) {
        yield* child.close(fd);
        yield* child.nanosleep({ tv_sec: 1, tv_nsec: 0 });
      });
      yield* pause(sys);
    },
  ],
])('nothing is stale after %s', (_what, close) => {
  expect(onOne(after(close))).toEqual([]);
});

/** A race that a checker would miss which takes close() and epoll_wait() for independent. */
test('an event that comes before or after close() is stale on some schedules', () => {
  const program: Program = function* (sys) {
    const fd = yield* sys.eventfd2(1, 0);
    const ep = yield* watch(sys, fd, EPOLLIN);
    yield* sys.dup(fd);
    const closing = yield* sys.pthread_create(function* (thread) {
      yield* thread.close(fd);
    });
    yield* sys.epoll_wait(ep, 1, 0);
    yield* sys.pthread_join(closing);
  };

  expect(onOne(program, { cpus: 1 })).toEqual([]);
  expect(said(onAll(program), 'stale-event')).toHaveLength(1);
});
