import { expect, test } from 'vitest';
import { fairnessOf, HerdTally } from '../../../src/check/herd/tally.ts';

test('fairness: 1 where all have the same, 1/n where one has all', () => {
  expect(fairnessOf([3, 3, 3])).toBe(1);
  expect(fairnessOf([9, 0, 0])).toBeCloseTo(1 / 3);
  expect(fairnessOf([0, 0])).toBeNull();
});

test('executions add up: the mean is over events, the ends are of single executions', () => {
  const tally = new HerdTally();
  const waiter = (wakeups: number, told: number) => new Map([['t1', { wakeups, told }]]);
  tally.add({ events: 1, untold: 0, waiters: waiter(3, 1), wasted: ['t1'], delays: [5] });
  tally.add({ events: 3, untold: 1, waiters: waiter(3, 2), wasted: [], delays: [1, 9, 9] });
  tally.add({ events: 0, untold: 0, waiters: waiter(0, 0), wasted: [], delays: [] });

  expect(tally.result()).toEqual({
    events: 4,
    untold: 1,
    wakeups: 6,
    wasted: 1,
    told: 3,
    wakeupsAnEvent: { mean: 1.5, least: 1, most: 3 },
    delay: { least: 1, median: 5, most: 9 },
    waiters: [{ task: 't1', wakeups: 6, wasted: 1, told: 3, share: 1 }],
    fairness: 1,
  });
});
