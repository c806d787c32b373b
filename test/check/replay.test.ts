import { expect, test } from 'vitest';
import { Replay } from '../../src/check/replay.ts';
import { ScheduleMismatch } from '../../src/sim/schedule.ts';

/** Whoever replays a schedule that is longer than what happens has replayed something else. */
test('Steps that are left when the execution is over do not fit', () => {
  const strict = new Replay(['t1: start', 't1: sing']);
  expect(() => strict.end()).toThrow(ScheduleMismatch);
  expect(() => strict.end()).toThrow(
    'step 1 of the schedule expects "t1: start"; the execution is over before it',
  );

  const tolerant = new Replay(['t1: start', 't1: sing'], true);
  tolerant.end();
  expect(tolerant.departures).toEqual([
    { step: 0, expected: 't1: start', instead: null },
    { step: 1, expected: 't1: sing', instead: null },
  ]);
});
