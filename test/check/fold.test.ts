import { describe, expect, test } from 'vitest';
import { check } from '../../src/check/check.ts';
import { folded } from '../../src/check/fold.ts';
import { type StoryRow, storyText } from '../../src/check/story.ts';
import type { Program } from '../../src/syscalls/sys.ts';

const same = (text: string): string => text;
const times = (text: string, count: number): string[] => Array<string>(count).fill(text);

describe('A list that repeats itself', () => {
  test('has each round once, and how often it comes again', () => {
    const items = ['start', ...times('ab', 50).join('').split(''), 'a', 'end'];
    expect(folded(items, same)).toEqual([
      ...['start', 'a', 'b'],
      { period: 2, times: 49 },
      ...['a', 'end'],
    ]);
  });

  /** What is left out can be put back: nothing is lost and nothing is made up. */
  test.each([0, 1, 2, 3, 4])('stands for what was there, whatever it was (%i)', (seed) => {
    let state = seed;
    const next = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
      return (state >> 8) % below;
    };
    const items: string[] = [];
    for (let i = 0; i < 30; i++) {
      const round = Array.from({ length: 1 + next(6) }, () => String(next(3)));
      for (let n = next(30); n >= 0; n--) items.push(...round);
    }
    const out: string[] = [];
    for (const one of folded(items, same)) {
      if (typeof one === 'string') out.push(one);
      else for (let n = 0, { period } = one; n < one.times; n++) out.push(...out.slice(-period));
    }
    expect(out).toEqual(items);
    expect(folded(items, same).length).toBeLessThan(items.length / 2);
  });

  test('is left as it is where little would be saved', () => {
    const items = [...times('a', 9), 'b', ...times('cd', 5).join('').split('')];
    expect(folded(items, same)).toEqual(items);
  });
});

const rowsOf = (steps: readonly string[]): StoryRow[] =>
  steps.map((does, step) => {
    return { step, context: 'main', does, lines: ['say = 0'], matters: true, alone: false };
  });

describe('A story', () => {
  /** A check of a program that spins printed twenty thousand lines. */
  test('of a thread that goes round tells a round, and how many there were', () => {
    const spins: Program = function* (sys) {
      const ep = yield* sys.epoll_create1(0);
      while ((yield* sys.epoll_wait(ep, 1, 0)).ret === 0);
    };
    const [finding] = check(spins, { steps: 5000 }).findings;
    const story = finding?.story ?? { contexts: [], rows: [] };
    expect(storyText(story).split('\n').slice(2)).toEqual([
      'epoll_create1(0) = 3',
      'epoll_wait(3, 1, 0) = 0',
      expect.stringMatching(/^… the same line 4,9\d\d times more …$/),
      '',
    ]);
    expect(story.rows.flatMap(({ lines }) => lines).length).toBeGreaterThan(4900); // As JSON has it.
  });

  test('counts the steps of a round, which may be of several contexts', () => {
    const [one, two] = rowsOf(['lock a', 'lock b']) as [StoryRow, StoryRow];
    const rows = Array.from({ length: 20 }, () => [one, { ...two, context: 't1' }]).flat();
    const lines = storyText({ contexts: ['main', 't1'], rows }, 40).split('\n');
    expect(lines).toHaveLength(2 + 4 + 1 + 1);
    expect(lines.at(-2)).toBe('… the same 2 steps 19 times more …');
  });

  test('that repeats nothing and is very long leaves its middle out', () => {
    const steps = Array.from({ length: 1000 }, (_, i) => `lock ${i}`);
    const lines = storyText({ contexts: ['main'], rows: rowsOf(steps) }).split('\n');
    expect(lines).toHaveLength(2 + 100 + 1 + 300 + 1);
    expect(lines[102]).toBe('… 1,600 lines left out …');
    expect(lines.at(-3)).toBe('lock 999:');
  });
});
