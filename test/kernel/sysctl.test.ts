import { expect, test } from 'vitest';
import { proc_doulongvec_minmax } from '../../src/kernel/sysctl.ts';
import { EINVAL } from '../../src/kernel/uapi/errno.ts';

/** Verified on 6.18 with max_user_watches: -1 and what does not fit are EINVAL, 0 is not. */
test.each([
  [0, 0],
  [10, 0],
  [11, -EINVAL],
  [-1, -EINVAL],
  [1.5, -EINVAL],
  [Number.NaN, -EINVAL],
])('writing %d to a knob from 0 to 10 is %i', (value, expected) => {
  let written = 5;
  const knob = {
    procname: 'knob',
    mode: 0o644,
    extra1: 0,
    extra2: 10,
    get: () => written,
    set: (to: number) => {
      written = to;
    },
  };

  expect(proc_doulongvec_minmax(knob, value)).toBe(expected);
  expect(knob.get()).toBe(expected === 0 ? value : 5);
});
