import { describe, expect, test } from 'vitest';
import type { Problem } from '../../src/check/detectors/index.ts';
import { Tally, type TallyData } from '../../src/check/tally.ts';

const counted = (severity: Problem['severity'], sentence: string, count: number): TallyData => {
  const problem: Problem = {
    kind: severity === 'bug' ? 'deadlock' : 'herd',
    severity,
    sentence,
    tasks: [],
    objects: [],
    cause: 'the same',
    details: [],
    count,
  };
  const problems = [{ problem, path: [], execution: 1 }];
  const counts = { executions: 1, redundant: 0, longest: 0, tooLong: 0, ofCalls: false };
  return { ...counts, results: [], problems, paths: [] };
};

/** What is shown of a cause when these come in this order. */
function shown(...all: readonly TallyData[]): string[] {
  const tally = new Tally();
  for (const one of all) tally.add(one);
  return [...tally.problems.values()].map(({ problem }) => problem.sentence);
}

describe('what several have counted', () => {
  const [t3, t4] = [counted('information', 't3', 1), counted('information', 't4', 1)];
  const most = counted('information', 't9', 2);

  /** Workers are not equally fast: what is said of one check would differ from day to day. */
  test.each([
    ['of equal information', [t3, t4], ['t3']],
    ['of information that says more', [t3, most, t4], ['t9']],
  ])('has the same sentence in any order: %s', (_, all, sentences) => {
    expect(shown(...all)).toEqual(sentences);
    expect(shown(...[...all].reverse())).toEqual(sentences);
  });

  /** The number of the execution is that of the first one. */
  test('has of a bug the sentence that came first', () => {
    const [late, early] = [counted('bug', 'a', 1), counted('bug', 'b', 1)];
    expect(shown(early, late)).toEqual(['b']);
  });
});
