import { expect, test } from 'vitest';
import { fakeTime } from '../../../src/async/index.ts';
import { check } from '../../../src/check/check.ts';
import { EPOLLIN, EPOLLOUT } from '../../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../../src/kernel/uapi/fcntl.ts';
import { AF_UNIX, SOCK_STREAM } from '../../../src/kernel/uapi/socket.ts';
import { CLOCK_MONOTONIC } from '../../../src/kernel/uapi/time.ts';
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

/** On Linux the loop ends when the time is over; here none goes by in it. */
test.each<[string, Program]>([
  [
    'clock_gettime(1) = 0',
    function* (sys) {
      while ((yield* sys.clock_gettime(CLOCK_MONOTONIC)).tv_sec < 2);
    },
  ],
  [
    'epoll_wait(3) = 0',
    function* (sys) {
      const ep = yield* sys.epoll_create1(0);
      const { now } = fakeTime(sys).performance;
      while (now() < 2000) yield* sys.epoll_wait(ep, 1, 0);
    },
  ],
])('a loop of %s that waits for the clock is none, and is told to sleep', (calls, program) => {
  const told =
    `main goes round for ever: ${calls}, and waits for the clock, which stands still while it runs: ` +
    'let the loop sleep (a timeout above 0, nanosleep, a timerfd).';
  const { findings, information } = check(program, { steps: 2000 });
  expect(findings).toEqual([]);
  expect(information.map(({ sentence }) => sentence)).toEqual([told]);
});

/** A server reads the clock in each round, and spins for another reason. */
test('a loop that is told of events is one, though it reads the clock', () => {
  const [problem] = onOne(function* (sys) {
    const [socket] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
    const ep = yield* watch(sys, socket, EPOLLIN | EPOLLOUT);
    for (;;) {
      yield* sys.clock_gettime(CLOCK_MONOTONIC);
      yield* sys.epoll_wait(ep, 1, -1);
    }
  });

  expect(problem?.severity).toBe('bug');
});

/** A false alarm that only some seeds give: the sleep, or what comes of it, had not yet come. */
test.each([
  ['reads', 'pipe'],
  ['polls', 'epoll'],
])('a thread that %s until one that sleeps has written is none at random', (_, how) => {
  const program: Program = function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* watch(sys, reader, EPOLLIN);
    yield* sys.pthread_create(function* (thread) {
      yield* thread.nanosleep({ tv_sec: 0, tv_nsec: 1_000_000 });
      yield* thread.write(writer, 'x');
    });
    if (how === 'epoll') while ((yield* sys.epoll_wait(ep, 1, 0)).ret === 0);
    else while ((yield* sys.read(reader, new Uint8Array(1))) < 0);
  };
  const sampled = { strategy: 'random', executions: 40, findings: 'all' } as const;
  const { findings, information, limit } = check(program, sampled);
  expect({ findings, information, limit }).toEqual({ findings: [], information: [], limit: null });
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
