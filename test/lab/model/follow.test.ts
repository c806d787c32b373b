/** Schedules of the checker, followed step by step. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../lab/model/compile.ts';
import { nearTo, withWaysBack } from '../../../lab/model/follow.ts';
import { record } from '../../../lab/model/recording.ts';
import { wayOf } from '../../../lab/model/schedule.ts';

const programs = new URL('../../../lab/programs/', import.meta.url);
const text = readFileSync(new URL('12-ovflist.ts', programs), 'utf8');
const way = wayOf(readFileSync(new URL('12-ovflist.schedule', programs), 'utf8'));

describe('a schedule of the checker, step by step', () => {
  /** The checker leaves ways back out; a reader who chooses each step meets them. */
  test('gets the ways back that it leaves out, and leads to the same end', () => {
    const bare = way.steps.filter((step) => !step.endsWith(': return'));
    expect(bare.length).toBeLessThan(way.steps.length);
    expect(record(compile(text), { steps: bare }).error).toContain('expects "');

    const whole = withWaysBack(compile(text), bare, {});
    expect(record(compile(text), { steps: whole }).error).toBeNull();
    const others = (steps: readonly string[]) => steps.filter((step) => !step.endsWith(': return'));
    expect(others(whole)).toEqual(bare);
    expect(withWaysBack(compile(text), whole, {})).toEqual(whole);
  });

  /** A schedule of another program is not made to fit. */
  test('that does not fit is left as it is', () => {
    const steps = ['main: start', 'nobody: lock ep->mtx'];
    expect(withWaysBack(compile(text), steps, {})).toEqual(steps);
  });
});

describe('a run of one kernel on another', () => {
  const lost = readFileSync(new URL('13-lost-wakeup.ts', programs), 'utf8');
  const schedule = readFileSync(new URL('13-lost-wakeup.schedule', programs), 'utf8');
  const { steps } = wayOf(schedule);

  /** On the same kernel near is there. */
  test('is the same run where the kernel is the same', () => {
    expect(nearTo(compile(lost), steps, { kernel: '5.6' })).toEqual(steps);
  });

  /** Two kernels side by side: what 5.6 loses along these steps 5.7 does not. */
  test('goes to its end, in steps that the other kernel has', () => {
    const near = nearTo(compile(lost), steps, { kernel: '5.7' });
    const { asleep, error } = record(compile(lost), { kernel: '5.7', steps: near });
    expect(error).toBeNull();
    expect(asleep).toEqual([]);
    const order = (of: readonly string[]) =>
      of
        .map((step) => step.slice(0, step.indexOf(':')))
        .filter((name, i, all) => name !== all[i - 1])
        .slice(0, 4);
    expect(order(near)).toEqual(order(steps));
  });
});
