/**
 * What a user sees of a test of simTest(), or with a machine as a fixture, that fails: vitest runs in a process of its own, on tests that are
 * wrong on purpose.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project, type Run, styles } from '../support/vitest_project.ts';

const simulated = `
import { EPOLL_CTL_ADD, EPOLLET, EPOLLIN } from 'epollsim';
import { simTest, test } from 'epollsim/vitest';
import { expect } from 'vitest';

simTest('sleeps', { seeds: 3, kernel: '5.10' }, function* (sys) {
  const [r, w] = yield* sys.pipe2(0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, r, { events: EPOLLIN | EPOLLET, data: r });
  yield* sys.write(w, 'x');
  yield* sys.epoll_wait(ep, 8, -1);
  yield* sys.epoll_wait(ep, 8, -1);
});

simTest('differs', function* (sys) {
  const [r] = yield* sys.pipe2(0);
  expect({ fd: r, name: 'r' }).toEqual({ fd: 7, name: 'r' });
});

simTest('on some seed', { seeds: [0, 11, 12, 13, 14, 15, 16, 17, 18, 19] }, function* (sys) {
  const order = [];
  const threads = [];
  for (const name of ['first', 'second']) {
    threads.push(
      yield* sys.pthread_create(function* (sys) {
        yield* sys.sched_yield();
        order.push(name);
      }),
    );
  }
  for (const one of threads) yield* sys.pthread_join(one);
  sys.assert(order[0] === 'first', 'the first is first');
});

simTest('long', function* (sys) {
  const [, w] = yield* sys.pipe2(0);
  for (let i = 0; i < 100; i++) yield* sys.write(w, 'x');
  sys.assert(false, 'never');
});

let times = 0;
simTest('elsewhere', function* (sys) {
  yield* sys.eventfd2(0, 0);
  throw new Error(\`time \${++times}\`);
});

simTest('loops', { maxSteps: 1000 }, function* (sys) {
  for (;;) yield* sys.sched_yield();
});

simTest('loops on', function* (sys) {
  for (;;) yield* sys.sched_yield();
});

simTest('exits', function* (sys) {
  yield* sys.exit_group(3);
});

simTest('forgets', function* (sys) {
  sys.close(3);
});
`;

const fixtures = `
import { test } from 'epollsim/vitest';
import { expect } from 'vitest';

test('watched', ({ machine }) => {
  machine.spawn(function* (sys) {
    yield* sys.poll([], -1);
  });
  machine.run();
  expect(machine).toHaveBlocked('main', 'epoll_wait');
});

test('thrown while it runs', ({ machine }) => {
  machine.spawn(function* (sys) {
    yield* sys.eventfd2(0, 0);
    expect(1).toBe(2);
  });
  machine.run();
});
`;

/** What a test says that has failed. */
const messageIn = ({ tests }: Run, name: string): string => {
  expect(tests[name]?.status, name).toBe('failed');
  return tests[name]?.message ?? '';
};

describe.each(styles)('A failure of simTest() of %s', (_, written) => {
  const project = new Project({ 'sims.test.js': written(simulated) });
  let run: Run;

  beforeAll(async () => {
    run = await project.run();
  }, 60_000);
  afterAll(() => project.remove());

  const messageOf = (name: string): string => messageIn(run, name);

  /** Who sees "timed out" knows nothing: who sleeps, after what, and why? */
  test('says who sleeps, what happened before, why, and how to run it again', () => {
    const message = messageOf('sleeps');
    expect(message).toContain('the program never ends: main sleeps in epoll_wait');
    expect(message).toContain('what happened, with seed 0');
    expect(message).toContain('epoll_ctl(5, ADD, 3, IN|ET, 3) = 0');
    expect(message).toContain('main: no-new-wakeup: ');
    expect(message).toContain('to run it again: seed: 0 among the options of simTest()');
    expect(message).toContain('sims.test.js:6:'); // Where the test is.
  });

  /** An assertion that has lost its diff has lost what it is for. */
  test('keeps the diff of an assertion, and its place', () => {
    const message = messageOf('differs');
    expect(message).toMatch(/^AssertionError: expected \{ fd: 3, name: 'r' \} to deeply equal/);
    expect(message).toContain('pipe2(0) = [3, 4]');
    expect(message).toContain('sims.test.js:17:');
    expect(run.printed).toMatch(/-\s+"fd": 7,\n\+\s+"fd": 3,/);
  });

  /** Twenty seeds are run, and the one that failed has to be known. */
  test('names the seed on which it failed, of several', () => {
    const message = messageOf('on some seed');
    const [, seed] = /what happened, with seed (\d+):/.exec(message) ?? [];
    expect(Number(seed)).toBeGreaterThan(10);
    expect(message).toContain(`seed: ${seed} among the options`);
    expect(message).toContain('assertion failed in main: the first is first');
  });

  /** A hundred lines push the message out of the terminal. */
  test('leaves out the beginning of what is long, and says so', () => {
    const message = messageOf('long');
    expect(message).toContain('… 61 steps before these …');
    expect(message).toContain('100 B');
    expect(message).not.toContain('\n   60 │');
    expect(message.split('\n').length).toBeLessThan(80);
  });

  /** A table of another execution would be a lie. */
  test('shows no table where the program goes another way the second time', () => {
    const message = messageOf('elsewhere');
    expect(message).toContain('Error: time 1');
    expect(message).toContain('a second execution, to show what happened, went another way');
    expect(message).not.toContain('│');
  });

  /** To tell of a million steps takes minutes, for a failure that looks like a test that hangs. */
  test('is told of for some seconds at most', () => {
    const message = messageOf('loops on');
    expect(message).toContain('no rest after 1000000 steps');
    expect(message).toContain('as far as can be told in 2 s:');
    expect(message).toContain('sched_yield() = 0');
  });

  /** A test that passes although its program never came to its end. */
  test.each([
    [
      'loops',
      'no rest after 1000 steps: main is in its own code. If that is no loop without end, raise maxSteps\n',
    ],
    ['exits', 'the program ended with status 3 before it returned'],
    ['forgets', 'sys.close(…) was called without "'],
  ])('is one for a program that %s', (name, says) => {
    expect(messageOf(name)).toContain(says);
  });
});

describe('A failure with the fixture', () => {
  const project = new Project({ 'fixtures.test.js': fixtures });
  let run: Run;

  beforeAll(async () => {
    run = await project.run();
  }, 60_000);
  afterAll(() => project.remove());

  const messageOf = (name: string): string => messageIn(run, name);

  /** The machine has its state, and nobody else can say what it is. */
  test('shows the machine as it is, and what has happened on it', () => {
    const message = messageOf('watched');
    expect(message).toContain('expected main to be blocked in epoll_wait; main sleeps in poll');
    expect(message).toContain('the machine at this moment:\n  main  asleep in poll');
    expect(message).toContain('0 │                           │ poll([], 0, -1) …');
  });

  /** What a program throws comes out of run(), where the table is not far. */
  test('shows what has happened until a program threw', () => {
    const message = messageOf('thrown while it runs');
    expect(message).toContain('expected 1 to be 2');
    expect(message).toContain('eventfd2(0, 0) = 3');
  });
});
