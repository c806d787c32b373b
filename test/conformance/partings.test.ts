import { expect, test } from 'vitest';
import { findParting } from '../../conformance/partings.ts';

const search = { seed: 1, count: 6, isOver: () => false, tried: () => {} };

/** epoll_pwait2 is there since 5.11: one call shows it, and nothing of what stood around it. */
test('the smallest scenario is found on which a kernel differs from itself without a commit', async () => {
  const left = { kernel: '6.18', without: ['58169a52ebc9'] };

  const found = await findParting({ ...search, left, right: { kernel: '6.18' } });

  expect(found?.steps.map(({ call }) => call)).toEqual(['epoll_pwait2']);
}, 60_000);

test('nothing is found on which a kernel differs from itself', async () => {
  const kernel = { kernel: '6.18' };
  let tried = 0;
  const isOver = (): boolean => tried >= 20;
  const count = (): void => {
    tried++;
  };

  expect(
    await findParting({ ...search, left: kernel, right: kernel, isOver, tried: count }),
  ).toBeNull();
  expect(tried).toBe(20);
}, 60_000);

/** What one of the two commits between 5.13 and 5.14 does, the other one hides. */
test('the corpus is looked at first: an edge of a pipe tells 5.13 from 5.14', async () => {
  const found = await findParting({
    ...search,
    left: { kernel: '5.13' },
    right: { kernel: '5.14' },
  });

  expect(found?.steps.map(({ call }) => call)).toEqual([
    'pipe2',
    'epoll_create1',
    'epoll_ctl',
    'write',
    'epoll_wait',
    'write',
    'epoll_wait',
  ]);
}, 60_000);

test('a search that is over ends in the middle of a scenario that loops for long', async () => {
  const began = performance.now();
  const isOver = (): boolean => performance.now() - began > 1000;
  const left = { kernel: '6.15', without: ['0a65bc27bd64'] };
  await findParting({ ...search, left, right: { kernel: '6.15' }, isOver });

  expect(performance.now() - began).toBeLessThan(20_000);
}, 60_000);
