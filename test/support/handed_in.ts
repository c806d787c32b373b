/** How the tests of the tasks look at what is handed in. */
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
