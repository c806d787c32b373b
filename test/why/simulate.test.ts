import { expect, test } from 'vitest';
import {
  AF_UNIX,
  EPOLL_CTL_ADD,
  EPOLLET,
  EPOLLIN,
  type MachineOptions,
  type Program,
  randomSchedule,
  type Schedule,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  type Sys,
  simulate,
} from '../../src/index.ts';

/** Reads two of five bytes, and waits for an edge that does not come. */
const readsTooLittle: Program = function* (sys: Sys) {
  const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, a, { events: EPOLLIN | EPOLLET, data: a });
  const reader = yield* sys.pthread_create(function* (sys) {
    for (;;) {
      yield* sys.epoll_wait(ep, 8, -1);
      yield* sys.read(a, new Uint8Array(2));
    }
  });
  yield* sys.write(b, 'hello');
  yield* sys.pthread_join(reader);
};

function messageOf(program: Program, options: MachineOptions = {}): string {
  try {
    simulate(program, options);
  } catch (error) {
    return (error as Error).message;
  }
  return 'it ended';
}

/** Somebody's test of an event loop fails, and says "sleeps in epoll_wait" and no more. */
test.each<[string, () => MachineOptions]>([
  ['in order', () => ({})],
  ['from a seed', () => ({ seed: 3 })],
  ['along a random schedule', () => ({ schedule: randomSchedule(5) })],
])('simulate() says why a sleeper was not woken: %s', (_how, options) => {
  const message = messageOf(readsTooLittle, options());

  expect(message).toMatch(
    /^the program never ends: main sleeps in futex, t1 sleeps in epoll_wait\n/,
  );
  expect(message).toMatch(/main: sleeps: .* it waits for the end of t1\n/);
  expect(message).toMatch(
    /t1: no-new-wakeup: .*; read\(\) of t1 in step \d+ did not take all of it/,
  );
});

/** A runner shows the stack, which begins with the message. */
test('the stack of the error begins with its message', () => {
  expect(() => simulate(readsTooLittle)).toThrow(
    expect.objectContaining({ stack: expect.stringContaining('no-new-wakeup') }),
  );
});

/** A program that keeps something outside of itself does another thing the second time. */
test('simulate() gives no reason where the second execution goes another way', () => {
  let runs = 0;
  const message = messageOf(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_wait(ep, 1, runs++ === 0 ? -1 : 0);
  });

  expect(message).toBe('the program never ends: main sleeps in epoll_wait');
  expect(runs).toBe(2);
});

/** Nobody can say how a schedule goes that its user has written. */
test('simulate() gives no reason where the schedule cannot be had again', () => {
  const last: Schedule = { runsOn: false, choose: (choices) => choices.length - 1 };

  expect(messageOf(readsTooLittle, { schedule: last })).not.toContain('\n');
});

/** A passing test runs its program once. */
test('simulate() runs a program once where nothing fails', () => {
  let runs = 0;
  const program: Program = function* () {
    runs++;
  };

  simulate(program);
  expect(runs).toBe(1);
});
