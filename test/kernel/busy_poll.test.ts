import { expect, test } from 'vitest';
import {
  busy_loop_current_time,
  busyLoopTimeout,
  napi_id_valid,
} from '../../src/kernel/busy_poll.ts';
import { inMachine } from '../support/run.ts';

/** include/net/busy_poll.h: smaller ids are CPU numbers. */
test('napi_id_valid tells the id of a device from the number of a CPU', () => {
  expect([0, 8192, 8193].map(napi_id_valid)).toEqual([false, false, true]);
});

/** A shift by ten instead of a division by a thousand: 1,000 µs asked for are 1,024. */
test('the clock of busy loops counts 1,024 ns as a microsecond', () => {
  const seen = inMachine(function* (sys) {
    const start = busy_loop_current_time();
    yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 1_024_000 });
    return [busy_loop_current_time() - start, busyLoopTimeout(start, 1000)];
  });

  expect(seen).toEqual([1000, false]);
});
