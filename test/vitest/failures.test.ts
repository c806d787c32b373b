/**
 * What a user of simTest(), checkTest() and the fixture sees of a test that fails: vitest runs in a
 * process of its own, on tests that are wrong on purpose.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project, type Run } from '../support/vitest_project.ts';

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

simTest('exits', function* (sys) {
  yield* sys.exit_group(3);
});

simTest('forgets', function* (sys) {
  sys.close(3);
});

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

const checked = `
import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
import { checkTest } from 'epollsim/vitest';
import { expect } from 'vitest';

function* race(sys) {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  const ask = function* (sys) {
    sys.assert((yield* sys.epoll_wait(ep, 1, 0)).ret === 1, 'it is found');
  };
  yield* sys.pthread_create(ask);
  yield* ask(sys);
  yield* sys.poll([], -1);
}

checkTest('races', { sharedMemory: false }, race);

checkTest('compares', { keep: false, sharedMemory: false }, function* (sys) {
  const [r, w] = yield* sys.pipe2(0);
  yield* sys.pthread_create(function* (sys) {
    yield* sys.write(w, 'he');
    yield* sys.write(w, 'llo');
  });
  expect({ n: yield* sys.read(r, new Uint8Array(9)) }).toEqual({ n: 5 });
});

const many = function* (sys) {
  for (let i = 0; i < 4; i++) {
    yield* sys.pthread_create(function* (sys) {
      for (let j = 0; j < 5; j++) yield* sys.eventfd2(0, 0);
    });
  }
};
checkTest('takes long', { timeout: 1000 }, many);
checkTest('takes long, and may', { timeout: 1000, incomplete: 'pass' }, many);
checkTest('takes too many', { executions: 10, sharedMemory: true }, many);
`;

let sims: Run['tests'];
let checks: Run['tests'];
let kept: string[];
let printed: string;
const project = new Project({ 'sims.test.js': simulated, 'checks.test.js': checked });

beforeAll(async () => {
  const run = await project.run();
  sims = run.tests;
  checks = run.tests;
  printed = run.printed;
  kept = project.kept;
}, 120_000);
afterAll(() => project.remove());

const messageOf = (tests: Run['tests'], name: string): string => {
  expect(tests[name]?.status, name).toBe('failed');
  return tests[name]?.message ?? '';
};

describe('A failure of simTest()', () => {
  /** Who sees "timed out" knows nothing: who sleeps, after what, and why? */
  test('says who sleeps, what happened before, why, and how to run it again', () => {
    const message = messageOf(sims, 'sleeps');
    expect(message).toContain('the program never ends: main sleeps in epoll_wait');
    expect(message).toContain('what happened, with seed 0');
    expect(message).toContain('epoll_ctl(5, ADD, 3, IN|ET, 3) = 0');
    expect(message).toContain('main: no-new-wakeup: ');
    expect(message).toContain('to run it again: seed: 0 among the options of simTest()');
    expect(message).toContain('sims.test.js:6:'); // Where the test is.
  });

  /** An assertion that has lost its diff has lost what it is for. */
  test('keeps the diff of an assertion, and its place', () => {
    const message = messageOf(sims, 'differs');
    expect(message).toMatch(/^AssertionError: expected \{ fd: 3, name: 'r' \} to deeply equal/);
    expect(message).toContain('pipe2(0) = [3, 4]');
    expect(message).toContain('sims.test.js:17:');
    expect(printed).toMatch(/-\s+"fd": 7,\n\+\s+"fd": 3,/);
  });

  /** Twenty seeds are run, and the one that failed has to be known. */
  test('names the seed on which it failed, of several', () => {
    const message = messageOf(sims, 'on some seed');
    const [, seed] = /what happened, with seed (\d+):/.exec(message) ?? [];
    expect(Number(seed)).toBeGreaterThan(10);
    expect(message).toContain(`seed: ${seed} among the options`);
    expect(message).toContain('assertion failed in main: the first is first');
  });

  /** A hundred lines push the message out of the terminal. */
  test('leaves out the beginning of what is long, and says so', () => {
    const message = messageOf(sims, 'long');
    expect(message).toContain('… 61 steps before these …');
    expect(message).toContain('100 B');
    expect(message).not.toContain('\n   60 │');
    expect(message.split('\n').length).toBeLessThan(80);
  });

  /** A table of another execution would be a lie. */
  test('shows no table where the program goes another way the second time', () => {
    const message = messageOf(sims, 'elsewhere');
    expect(message).toContain('Error: time 1');
    expect(message).toContain('a second execution, to show what happened, went another way');
    expect(message).not.toContain('│');
  });

  /** A test that passes although its program never came to its end. */
  test.each([
    ['loops', '1000 steps'],
    ['exits', 'the program ended with status 3 before it returned'],
    ['forgets', 'sys.close(…) was called without "yield*"'],
  ])('is one for a program that %s', (name, says) => {
    expect(messageOf(sims, name)).toContain(says);
  });
});

describe('A failure with the fixture', () => {
  /** The machine has its state, and nobody else can say what it is. */
  test('shows the machine as it is, and what has happened on it', () => {
    const message = messageOf(sims, 'watched');
    expect(message).toContain('expected main to be blocked in epoll_wait; main sleeps in poll');
    expect(message).toContain('the machine at this moment:\n  main  asleep in poll');
    expect(message).toContain('0 │                           │ poll([], 0, -1) …');
  });

  /** What a program throws comes out of run(), where the table is not far. */
  test('shows what has happened until a program threw', () => {
    const message = messageOf(sims, 'thrown while it runs');
    expect(message).toContain('expected 1 to be 2');
    expect(message).toContain('eventfd2(0, 0) = 3');
  });
});

describe('A failure of checkTest()', () => {
  /** All that one needs to understand a race, in one message. */
  test('says what, how, why, how to run it again, where it is kept, and where to read on', () => {
    const message = messageOf(checks, 'races');
    expect(message).toMatch(/^assertion: Assertion failed in \w+: it is found\./);
    expect(message).toMatch(/1 finding in \d+ executions?; \d+ steps, 1 preemption, and no fewer/);
    expect(message).toMatch(/main +│ t1\n/);
    expect(message).toContain('lists-seen-empty: ep4[3] is ready, and the scan of');
    expect(message).toMatch(/ {2}schedule: `\n {4}# epollsim schedule 1\n {4}# kernel 6.18\n/);
    expect(message).toMatch(/ {4}main: lock ep->lock\n {4}t1: start\n/);
    expect(message).toMatch(/^about assertion: .*docs\/detectors\/assertion\.md$/m);
    const [file] = kept;
    expect(kept).toHaveLength(1);
    expect(message).toContain(`kept in ${file}: it is run first from now on`);
    expect(message).toContain('checks.test.js:18:'); // Where the test is.
  });

  /** What vitest shows of two objects says more than their texts. */
  test('keeps the diff of an assertion of the program, and its place', () => {
    const message = messageOf(checks, 'compares');
    expect(message).toMatch(/^AssertionError: expected \{ n: 2 \} to deeply equal \{ n: 5 \}/);
    expect(message).toContain('about exception: ');
    expect(message).toContain('checks.test.js:26:');
    expect(printed).toMatch(/-\s+"n": 5,\n\+\s+"n": 2,/);
  });

  /** "Test timed out in 1000ms" says nothing of what was covered. */
  test('is one where not everything was covered, and says what to change', () => {
    const message = messageOf(checks, 'takes long');
    expect(message).toMatch(/nothing found in \d+ executions, but not every interleaving was cov/);
    expect(message).toContain('0.6 s are over and executions are left: raise "seconds"');
    expect(message).toContain('it takes about');
    expect(message).toContain('"seconds" follows from the timeout of the test: six tenths of it');
    expect(message).toContain('"sharedMemory: false" if they share none, or epollsim() of');
    expect(message).toContain("incomplete: 'pass'");
    expect(message).not.toContain('timed out');
    expect(messageOf(checks, 'takes too many')).toContain('10 executions are done and more are');
    expect(checks['takes long, and may']?.status).toBe('passed');
  });

  /** A paste that has to be repaired by hand first. */
  test('shows a schedule that can be pasted into the options as it is', async () => {
    const message = messageOf(checks, 'races');
    const [pasted = ''] = /schedule: `[^`]*`,/.exec(message) ?? [];
    const source = (options: string): string =>
      checked
        .slice(0, checked.indexOf("checkTest('compares'"))
        .replace("checkTest('races', { sharedMemory: false }, race);", options)
        .replace('checkTest }', 'checkTest, simTest }');
    const again = new Project({
      'again.test.js': source(
        `checkTest('along', { ${pasted} }, race);\nsimTest('alone', { ${pasted} }, race);`,
      ),
    });
    const { tests } = await again.run();
    const kept = again.kept;
    again.remove();

    expect(messageOf(tests, 'along')).toContain('1 finding in 1 execution;');
    expect(messageOf(tests, 'alone')).toContain('what happened, along the schedule:');
    expect(messageOf(tests, 'alone')).toMatch(/assertion failed in \w+: it is found/);
    expect(kept).toEqual([]);
  }, 60_000);
});
