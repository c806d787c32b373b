/** Tests that each task of the lab has: what passes, what does not, and with which words. */
import type { Code, Sys } from 'epollsim';
import { expect, test } from 'vitest';
import type { Grade, Solution, Task } from '../../lab/tasks/task.ts';

const seconds = { timeout: 60_000 };

/** A schedule and its table come together, and there are words in both languages. */
function expectWhole({ words, schedule, story }: Grade): void {
  expect(words.en).not.toBe('');
  expect(words.zh).toMatch(/[一-鿿]/);
  expect(schedule === null).toBe(story === '');
  if (schedule !== null) expect(schedule).toContain('# epollsim schedule');
}

/** Each of these is right. */
export function passes(task: Task, solutions: Readonly<Record<string, Solution>>): void {
  test.each(Object.entries(solutions))('%s passes', seconds, (_, one) => {
    const grade = task.grade(one);

    expect(grade.words.en).toMatch(/^On |^Two |^Each |^Nobody |^All |^The /);
    expect(grade).toMatchObject({ passed: true, schedule: null, story: '' });
    expectWhole(grade);
  });
}

/** Each of these is wrong, and is told so. */
export function fails(
  task: Task,
  language: 'en' | 'zh',
  solutions: Readonly<Record<string, readonly [Solution, RegExp]>>,
): void {
  test.each(Object.entries(solutions))('%s does not pass', seconds, (_, [one, words]) => {
    const grade = task.grade(one);

    expect(grade.words[language]).toMatch(words);
    expect(grade.passed).toBe(false);
    expectWhole(grade);
  });
}

/** What nobody asks for, and is handed in all the same. */
export function failsWhateverIsAsked(task: Task): void {
  fails(task, 'en', {
    'what returns at once': [function* () {}, /./],
    'what throws': [
      function* () {
        throw new Error('not today');
      },
      /not today/,
    ],
    'what sleeps for ever': [
      function* (sys: Sys): Code<void> {
        const ep = yield* sys.epoll_create1(0);
        yield* sys.epoll_wait(ep, 1, -1);
      },
      /./,
    ],
    'what goes round for ever': [
      function* (sys: Sys): Code<void> {
        for (;;) yield* sys.getpid();
      },
      /round for ever|limit/,
    ],
    'what yields without a star': [
      function* (sys: Sys): Code<void> {
        yield sys.getpid() as never;
      },
      /yield\*/,
    ],
    'a call without its yield': [
      function* (sys: Sys): Code<void> {
        const forgotten: { getpid(): unknown } = sys; // Hidden from the tidy test, which would find it.
        forgotten.getpid();
      },
      /./,
    ],
    'a plain function': [(() => 3) as unknown as Solution, /generator/],
    'an async function': [(async () => 3) as unknown as Solution, /async function.*generator/],
    'a look into the model': [
      function* (sys: Sys): Code<number> {
        return sys.task.pid;
      },
      /sys\.task/,
    ],
    'what ends the process': [
      function* (sys: Sys): Code<void> {
        yield* sys.exit_group(0);
      },
      /exit_group\(\) is called/,
    ],
    'a wait that fails': [
      function* (sys: Sys): Code<void> {
        for (;;) yield* sys.epoll_wait(99, 1, -1);
      },
      /epoll_wait\(\) has failed with -EBADF|registered nothing|watches nothing/,
    ],
    'no function': [undefined as unknown as Solution, /generator/],
  });
}
