import { expect, test } from 'vitest';
import { findParting } from '../../conformance/partings.ts';

const search = { seed: 1, count: 6, isOver: () => false, tried: () => {} };

/** epoll_pwait2 is there since 5.11: two calls show it, and none of what the generator put around. */
test('the smallest scenario is found on which a kernel differs from itself without a commit', async () => {
  const left = { kernel: '6.18', without: ['58169a52ebc9'] };

  const found = await findParting({ ...search, left, right: { kernel: '6.18' } });

  expect(found?.steps.map(({ call }) => call)).toEqual(['epoll_create1', 'epoll_pwait2']);
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
