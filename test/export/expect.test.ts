/** What a made test says when the model answers otherwise. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { answerOf } from '../../src/export/answer.ts';
import { expectAnswer } from '../../src/export/expect.ts';
import { type AnswerDiffers, expectProgramAnswer } from '../../src/export/program_answer.ts';
import type { Program } from '../../src/syscalls/sys.ts';

const example = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8'));

/** The error that it throws; fails where it throws none. */
function failureOf(asserts: () => void): AnswerDiffers {
  try {
    asserts();
  } catch (error) {
    return error as AnswerDiffers;
  }
  throw new Error('it passed');
}

/** Two sleep in one set, and `t1` in vain: there is one wakeup. */
const waiters = (timeout: number): unknown => ({
  version: 2,
  name: 'waiters',
  threads: ['main', 't1'],
  steps: [
    { call: 'pipe2', args: { flags: 'O_NONBLOCK' }, bind: ['r', 'w'] },
    { call: 'epoll_create1', args: { flags: 0 }, bind: ['ep'] },
    {
      call: 'epoll_ctl',
      args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN|EPOLLET' },
    },
    { call: 'write', args: { fd: '$w', data: 'a' } },
    { call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: 0 } },
    { thread: 't1', call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout } },
  ],
});

/** Somebody moves to another kernel, and reads two transcripts that differ in a number. */
test('expectAnswer() says why the step at which the transcripts part came to what it did', () => {
  const pipe = example('pipe-every-write.json');
  const before = answerOf(pipe, { kernel: '6.18' });
  const failure = failureOf(() => expectAnswer(pipe, before, { kernel: '5.10' }));

  expect(failure.message).toMatch(/^the model answers otherwise:\nstep 6 {2}main: epoll_wait/);
  expect(failure.message).toMatch(/no-new-wakeup: .* ep5\[3\].*step 5/);
  expect(failure.expected).toBe(before);
  expect(failure.actual).toBe(answerOf(pipe, { kernel: '5.10' }));
});

/** The transcript says "blocked", and no more. */
test('expectAnswer() says once of a sleeper why nobody woke it', () => {
  const { message } = failureOf(() => expectAnswer(waiters(-1), answerOf(waiters(0))));

  expect(message).toContain('step 5  t1: epoll_wait(5, 1, -1) …, and sleeps at the end');
  expect(message.match(/taken-by-another-waiter/g)).toHaveLength(1);
});

/** An outcome that nobody thought of. */
test('expectAnswer() of a concurrent scenario says what led to an outcome that is not expected', () => {
  const { message } = failureOf(() => expectAnswer(example('two-waiters.json'), 'another one'));

  expect(message).toMatch(/t1: taken-by-another-waiter: .* step \d+ told t2 of it/);
});

/** The commonest failure of an event loop. */
test('expectProgramAnswer() says why a program that sleeps for ever was not woken', () => {
  const waitsForNothing: Program = function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_wait(ep, 1, -1);
  };
  const { actual, message } = failureOf(() => expectProgramAnswer(waitsForNothing, 'ended'));

  expect(actual).toBe('asleep: main');
  expect(message).toContain('main: not-registered: nothing is registered in ep3');
});

/** What it does outside of itself makes the second execution another one. */
test('expectProgramAnswer() gives no reason where the second execution goes another way', () => {
  let runs = 0;
  const sleeps: Program = function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_wait(ep, 1, -1);
  };
  const another: Program = function* (sys) {
    if (runs++ > 0) yield* sys.pthread_create(sleeps);
    yield* sleeps(sys);
  };
  const { message } = failureOf(() => expectProgramAnswer(another, 'ended'));

  expect(message).toBe('the model answers otherwise');
  expect(runs).toBe(2);
});

/** Somebody edits the text that is expected, and it is no transcript any more. */
test('expectAnswer() fails without a reason where what is expected is no transcript', () => {
  const failure = failureOf(() => expectAnswer(waiters(0), 'something else'));

  expect(failure.message).toBe('the model answers otherwise');
  expect(failure.expected).toBe('something else');
});

test('What is as expected passes, and a program is run once for it', () => {
  let runs = 0;
  const program: Program = function* () {
    runs++;
  };

  expectAnswer(waiters(-1), answerOf(waiters(-1)));
  expectProgramAnswer(program, 'ended');
  expect(runs).toBe(1);
});
