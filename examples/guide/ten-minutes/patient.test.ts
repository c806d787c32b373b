import { fakeTime } from 'epollsim/async';
import { simTest } from 'epollsim/vitest';
import { expect } from 'vitest';
import { Loop } from './loop.ts';

simTest('a job that comes after ten minutes is done then', function* (sys) {
  const { now } = fakeTime(sys).performance;
  const loop = yield* Loop.open(sys);
  const start = now();
  yield* sys.pthread_create(function* (sys) {
    yield* sys.nanosleep({ tv_sec: 600, tv_nsec: 0 });
    yield* loop.post(sys, function* () {
      loop.stop();
    });
  });
  yield* loop.run(sys);
  expect(now() - start).toBe(600_000);
});
