/** What all ways to judge have in common: situations one after the other, and how a grade is put. */

import type { Code } from 'epollsim';
import { type Finding, storyText } from 'epollsim';
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

/** A grade of what did not pass; the finding shows how, where there is one. */
export function refusal(words: Words, finding: Finding | null = null): Grade {
  const schedule = finding?.schedule ?? '';
  if (finding === null || schedule === '') {
    return { passed: false, words, schedule: null, story: '' };
  }
  return { passed: false, words, schedule, story: storyText(finding.story) };
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
