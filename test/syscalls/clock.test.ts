/** clock_gettime, clock_settime: what a program sees of the virtual clock. */
import { expect, test } from 'vitest';
import { EFAULT, EINVAL, EPERM } from '../../src/kernel/uapi/errno.ts';
import * as clocks from '../../src/kernel/uapi/time.ts';
import { CAP_SYS_TIME } from '../../src/kernel/user.ts';
import { dropCapability } from '../support/capabilities.ts';
import { ms } from '../support/programs.ts';
import { inMachine } from '../support/run.ts';

const { CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_TAI } = clocks;

/** An event loop that works out its timeout: it reads the clock before and after each wait. */
test.each([CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI])(
  'clock %i goes on by as much as was slept, and not while code runs',
  (clock) => {
    const shown = inMachine(function* (sys) {
      const before = yield* sys.clock_gettime(clock);
      const same = yield* sys.clock_gettime(clock);
      yield* sys.nanosleep(ms(1500));
      const after = yield* sys.clock_gettime(clock);
      return { before, same, after };
    });

    const { tv_sec, tv_nsec } = shown.before;
    expect(shown.same).toEqual(shown.before);
    expect(shown.after).toEqual({ ret: 0, tv_sec: tv_sec + 1, tv_nsec: tv_nsec + 500_000_000 });
  },
);

/** Whoever measures CPU time in a simulation: there is none to measure. */
test('a process has used no CPU time, however long it has slept', () => {
  const used = inMachine(function* (sys) {
    yield* sys.nanosleep(ms(1500));
    return yield* sys.clock_gettime(clocks.CLOCK_PROCESS_CPUTIME_ID);
  });
  expect(used).toEqual({ ret: 0, tv_sec: 0, tv_nsec: 0 });
});

/** clock_gettime(2): EINVAL (verified on 6.18, on a machine without a real-time clock). */
test.each([
  -1,
  clocks.CLOCK_REALTIME_ALARM,
  clocks.CLOCK_BOOTTIME_ALARM,
  clocks.CLOCK_SGI_CYCLE,
  12,
])('there is no clock %i', (clock) => {
  const { ret } = inMachine((sys) => sys.clock_gettime(clock));
  expect(ret).toBe(-EINVAL);
});

/** clock_settime(2), ERRORS (verified on 6.18). */
test.each([
  ['another clock', CLOCK_MONOTONIC, { tv_sec: 0, tv_nsec: 0 }, -EINVAL],
  ['CLOCK_TAI', CLOCK_TAI, { tv_sec: 5000, tv_nsec: 0 }, -EINVAL],
  ['no clock, before the pointer', 99, null, -EINVAL],
  ['no pointer', CLOCK_REALTIME, null, -EFAULT],
  ['a second of nanoseconds', CLOCK_REALTIME, { tv_sec: 5000, tv_nsec: 1e9 }, -EINVAL],
  ['a time before the machine was there', CLOCK_REALTIME, { tv_sec: 0, tv_nsec: 0 }, -EINVAL],
  ['the end of time', CLOCK_REALTIME, { tv_sec: 9_223_372_036 - 946_080_000, tv_nsec: 0 }, -EINVAL],
])('clock_settime refuses %s', (_, clock, to, error) => {
  expect(inMachine((sys) => sys.clock_settime(clock, to))).toBe(error);
});

/** CAP_SYS_TIME: who lacks it hears of a wrong time first. */
test('clock_settime is EPERM without CAP_SYS_TIME, for a time that is one', () => {
  inMachine(function* (sys) {
    dropCapability(sys.task.user, CAP_SYS_TIME);
    expect(yield* sys.clock_settime(CLOCK_REALTIME, { tv_sec: 5000, tv_nsec: 0 })).toBe(-EPERM);
    expect(yield* sys.clock_settime(CLOCK_REALTIME, { tv_sec: -1, tv_nsec: 0 })).toBe(-EINVAL);
  });
});

/** date -s: the wall clock jumps, the other one goes on. */
test('clock_settime moves CLOCK_REALTIME alone', () => {
  inMachine(function* (sys) {
    const before = yield* sys.clock_gettime(CLOCK_MONOTONIC);
    yield* sys.clock_settime(CLOCK_REALTIME, { tv_sec: 1_700_000_000, tv_nsec: 0 });
    yield* sys.nanosleep(ms(1000));
    const real = yield* sys.clock_gettime(CLOCK_REALTIME);
    expect(real).toEqual({ ret: 0, tv_sec: 1_700_000_001, tv_nsec: 0 });
    const after = yield* sys.clock_gettime(CLOCK_MONOTONIC);
    expect(after.tv_sec).toBe(before.tv_sec + 1);
  });
});
