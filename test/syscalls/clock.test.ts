/** clock_gettime: what a program sees of the virtual clock. */
import { expect, test } from 'vitest';
import { EINVAL } from '../../src/kernel/uapi/errno.ts';
import * as clocks from '../../src/kernel/uapi/time.ts';
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
