import { expect, test } from 'vitest';
import { EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../../src/kernel/uapi/fcntl.ts';
import { inOrder } from '../../../src/sim/schedule.ts';
import type { Program } from '../../../src/syscalls/sys.ts';
import { watch } from '../../support/programs.ts';
import { exampleOf, onAll, onOne } from './explored.ts';

/** A server that takes a whole CPU while it has nothing to do. */
test('the example: EPOLLOUT is told of again and again', async () => {
  const [problem] = onAll(await exampleOf('livelock'));

  expect(problem?.sentence).toBe('main goes round for ever: epoll_wait(5) = 1 [3: EPOLLOUT].');
  expect(problem?.severity).toBe('bug');
});

/** A loop of several calls, of which each comes back with what it came back with before. */
test('a loop is told of as its calls, in their order', () => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, reader, EPOLLIN);
    yield* sys.write(writer, 'x');
    for (;;) {
      yield* sys.epoll_wait(ep, 1, -1);
      yield* sys.write(99, 'y');
    }
  };

  const [problem] = onOne(program);

  expect([...(problem?.details ?? [])].sort()).toEqual([
    'epoll_wait(5) = 1 [3: EPOLLIN]',
    'write(99) = -EBADF',
  ]);
});

/** False alarms: the loop goes on because the clock does, or because nobody else gets a turn. */
test('a server that wakes up once a second is no livelock', () => {
  const program: Program = function* (sys) {
    const [reader] = yield* sys.pipe2(0);
    const ep = yield* watch(sys, reader, EPOLLIN);
    for (;;) yield* sys.epoll_wait(ep, 1, 1000);
  };
  const [problem] = onOne(program);

  expect(problem?.severity).toBe('information');
  expect(problem?.sentence).toBe('main goes round for ever: epoll_wait(5) = 0, as time goes by.');
});

test('a thread that spins until another one has written is none where that one gets no turn', () => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    yield* sys.pthread_create(function* (thread) {
      yield* thread.write(writer, 'x');
    });
    while ((yield* sys.read(reader, new Uint8Array(1))) < 0);
  };
  const unfair = { ...inOrder, runsOn: true, choose: () => 0 };
  const [problem] = onOne(program, { cpus: 2, schedule: unfair });

  expect(problem?.severity).toBe('information');
  expect(problem?.sentence).toBe(
    'main goes round for ever: read(3) = -EAGAIN, while t1 could go on and did not get the turn.',
  );
});

/** False alarms for work that takes long. */
test.each<[string, (i: number) => number]>([
  ['repeats nothing', (i) => ((i * i * 7919) % 1000) + 1],
  ['moves the same number of bytes each time', () => 1],
])('an execution that is long and %s is no livelock', (_how, bytes) => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(0);
    for (let i = 1; ; i++) {
      yield* sys.write(writer, 'x'.repeat(bytes(i)));
      yield* sys.read(reader, new Uint8Array(1000));
    }
  };

  expect(onOne(program).map(({ severity }) => severity)).toEqual(['information']);
});
