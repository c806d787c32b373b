/** What all ways to judge have in common: situations one after the other, and how a grade is put. */

import { type Code, type Finding, type Program, storyText } from 'epollsim';
import type { Grade, Words } from './task.ts';

/** The first grade that is not passed, in the order of the situations; `praise` where there is none. */
export function firstWrong<S>(
  situations: readonly S[],
  judgeIn: (situation: S) => Grade | null,
  praise: Words,
): Grade {
  for (const situation of situations) {
    const grade = judgeIn(situation);
    if (grade !== null) return grade;
  }
  return { passed: true, words: praise, schedule: null, story: '' };
}

/** What a check has found, and the program in which it was. */
export interface Found {
  readonly finding: Finding;
  readonly program: Program;
}

/** Beside the grades, which are plain data. */
const programs: WeakMap<Grade, Program> = new WeakMap();

/** The program that fails along the schedule of a grade, with the solution inside; null where there is none. */
export const programOf = (grade: Grade): Program | null => programs.get(grade) ?? null;

/** A grade of what did not pass, with how it came to that, where it was found. */
export const refusal = (words: Words, found: Found | null = null): Grade =>
  found === null || found.finding.schedule === ''
    ? { passed: false, words, schedule: null, story: '' }
    : shownBy(found, false, words);

/** A grade with what the checker has found. */
export function shownBy({ finding, program }: Found, passed: boolean, words: Words): Grade {
  const { schedule, story } = finding;
  const grade = { passed, words, schedule, story: storyText(story) };
  programs.set(grade, program);
  return grade;
}

/** What is wrong, behind the situation in which it is. */
export const within = (situation: Words, { en, zh }: Words): Words => ({
  en: `${situation.en}: ${en.trim()}`,
  zh: `${situation.zh}：${zh.trim()}`,
});

/** Has the function that was handed in given something that calls can be made with? */
export const isGenerator = (code: unknown): code is Code<unknown> =>
  typeof (code as { next?: unknown } | null)?.next === 'function' &&
  typeof (code as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';
