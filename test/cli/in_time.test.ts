import { expect, test } from 'vitest';
import { inTime, Unstoppable } from '../../src/cli/in_time.ts';
import { Machine } from '../../src/index.ts';
import { type Pausing, withoutPause } from '../../src/sim/pause.ts';

/** Nothing else ends such a loop: no signal is heard of while it runs. */
test('a loop that makes no call is ended, whatever it catches, and said to be one', () => {
  const caught: unknown[] = [];
  function* work(): Pausing<void> {
    const machine = new Machine();
    machine.spawn(function* spins(sys) {
      yield* sys.getpid();
      for (;;) {
        try {
          for (;;);
        } catch (error) {
          caught.push(error);
        }
      }
    }, 'spins');
    machine.run();
  }

  expect(() => withoutPause(inTime(work(), 300))).toThrow(Unstoppable);
  expect(caught).toEqual([]);
  expect(() => new Machine()).not.toThrow(); // Others can still be run.
});

/** The limit is one of a turn: a check may take hours. */
test('work goes on for as long as each of its turns ends', () => {
  function* work(): Pausing<string> {
    for (let turn = 0; turn < 3; turn++) yield null;
    return 'done';
  }

  const turns = inTime(work(), 300);
  for (let turn = 0; turn < 3; turn++) expect(turns.next().value).toBeNull();
  expect(turns.next()).toEqual({ done: true, value: 'done' });
});

test('what a turn throws comes out as it is', () => {
  const mistake = new RangeError('of the program');
  function* work(): Pausing<void> {
    throw mistake;
  }

  expect(() => withoutPause(inTime(work(), 300))).toThrow(mistake);
});
