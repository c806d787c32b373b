/** What all ways to judge have in common: situations one after the other, and how a grade is put. */

import { type Code, EINTR, errnoName, type Finding, type Program, storyText } from 'epollsim';
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
export function refusal({ en, zh }: Words, found: Found | null = null): Grade {
  const words = { en: short(en), zh: short(zh) };
  return found === null || found.finding.schedule === ''
    ? { passed: false, words, schedule: null, story: '' }
    : shownBy(found, false, words);
}

/** What a solution throws or returns may be of any length. */
const short = (text: string): string => (text.length > 1500 ? `${text.slice(0, 1500)}…` : text);

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

/**
 * Has the function that was handed in given a promise? It is let go: what is thrown inside of it later is
 * nobody's, and would end the process that grades.
 */
export function isAsync(code: unknown): boolean {
  const { then, [Symbol.asyncIterator]: iterator } = Object(code) as Partial<AsyncGenerator> & {
    then?: unknown;
  };
  if (typeof then === 'function') Promise.resolve(code).catch(() => {});
  return typeof then === 'function' || typeof iterator === 'function';
}

/** A value in a sentence of any language: a text shows that it is one. */
export const valueText = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' && value !== null
    ? Object.prototype.toString.call(value)
    : String(value);
};

/** All ways to wait in an epoll instance. */
export const waits: readonly string[] = ['epoll_wait', 'epoll_pwait', 'epoll_pwait2'];

/** All ways to read from a descriptor. */
export const reads: readonly string[] = ['read', 'readv', 'recv', 'recvfrom', 'recvmsg'];

/** The name of the error with which a call to wait has failed; null where it has not. A signal is no failure. */
export const failureOf = (call: string, ret: number | null): string | null =>
  waits.includes(call) && ret !== null && ret < 0 && ret !== -EINTR ? errnoName(ret) : null;

/** A wait that fails is over at once, and a loop around it never sleeps. */
export const waitFails = (call: string, errno: string): Words => ({
  en: `${call} has failed with -${errno}, so it has not slept. Look at what is passed to it: the descriptor of an epoll instance that is open, and room for at least one event.`,
  zh: `${call} 失败并返回 -${errno}，因此根本没有睡眠。请检查传入的参数：一个仍然打开的 epoll 实例的描述符，以及至少容纳一个事件的空间。`,
});

/** Has the function that was handed in given something that calls can be made with? */
export const isGenerator = (code: unknown): code is Code<unknown> =>
  typeof (code as { next?: unknown } | null)?.next === 'function' &&
  typeof (code as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';
