/** How the tests of the tasks look at what is handed in. */
import { type Code, SIGUSR1, type Sys } from 'epollsim';
import { expect, test } from 'vitest';
import type { Solution, Task } from '../../lab/tasks/task.ts';

/** The task accepts it. */
export function accepts(task: Task, name: string, solution: Solution): void {
  test(`${name} passes`, { timeout: 30_000 }, () => {
    const { passed, words } = task.grade(solution);
    expect(words.en).not.toBe('');
    expect({ passed, words: passed ? '' : words.en }).toEqual({ passed: true, words: '' });
    expect(words.zh).toMatch(/\p{Script=Han}/u);
  });
}

/** The task refuses it, in words that say what happened. */
export function refuses(task: Task, name: string, solution: Solution, words: RegExp): void {
  test(`${name} fails`, { timeout: 30_000 }, () => {
    const grade = task.grade(solution);
    expect(grade.words.en).toMatch(words);
    expect(grade.passed).toBe(false);
    expect(grade.words.zh).toMatch(/\p{Script=Han}/u);
  });
}

/** The task refuses what nobody asks for, and is handed in all the same. */
export function refusesWhateverIsAsked(task: Task): void {
  refuses(task, 'to end the process', ends, /calls exit_group\(\), which ends more than itself/);
  refuses(task, 'to end it, and to hide that', hides, /calls exit_group\(\)/);
  refuses(task, 'another process', forks, /calls fork\(\), which makes another process/);
  refuses(task, 'to change signals', ignores, /calls sigaction\(\), which changes something/);
  refuses(task, 'a look into the model', looksInside, /reads sys\.task/);
  refuses(task, 'a wait that fails', waitsForNothing, /epoll_wait\(\) has failed with -EBADF/);
  refuses(task, 'an async function', awaits as unknown as Solution, /an async function/);
}

function* ends(sys: Sys): Code<void> {
  yield* sys.exit_group(0);
}

function* hides(sys: Sys): Code<number> {
  try {
    yield* sys.exit_group(0);
  } catch {}
  return 0;
}

function* forks(sys: Sys): Code<void> {
  yield* sys.fork(function* () {});
}

function* ignores(sys: Sys): Code<void> {
  yield* sys.sigaction(SIGUSR1, { handler: 'SIG_IGN' });
}

function* looksInside(sys: Sys): Code<number> {
  return sys.task.pid;
}

function* waitsForNothing(sys: Sys): Code<void> {
  for (;;) yield* sys.epoll_wait(99, 1, -1);
}

/** Throws where nobody waits for it. */
async function awaits(sys: Sys): Promise<void> {
  await (sys.epoll_create1(0) as unknown as Promise<number>);
  await (sys.epoll_create1(0) as unknown as Promise<number>);
}
