import { expect, test } from 'vitest';
import { check } from '../../src/check/check.ts';
import { Stepwise } from '../../src/check/stepwise.ts';
import { Machine } from '../../src/sim/machine.ts';
import { ScheduleMismatch } from '../../src/sim/schedule.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

/** Whoever is told last wins. */
function* program(sys: Sys): Code<string> {
  let last = '';
  const thread = yield* sys.pthread_create(function* (sys) {
    yield* sys.getpid();
    last = 't1';
  });
  yield* sys.getpid();
  last = 'main';
  yield* sys.pthread_join(thread);
  return last;
}

function run(steps: readonly string[], then: 'rest' | 'stop' = 'rest') {
  const way = new Stepwise(steps, { then });
  const machine = new Machine({ schedule: way, cpus: 1 });
  const spawned = machine.spawn(program);
  machine.run();
  return { way, result: spawned.result };
}

const toTheThread = ['main: start', 'main: look at files', 'main: return from pthread_create'];

test('It stops where nobody was chosen, and says who can go on', () => {
  const { way, result } = run(toTheThread, 'stop');
  expect(way.turns.at(-1)).toEqual({
    possible: ['main: look at files', 't1: start'],
    taken: null,
  });
  expect(result).toBe(null);
});

test('Whoever is chosen comes first', () => {
  const { way } = run([...toTheThread, 't1: start'], 'stop');
  expect(way.turns.map(({ taken }) => taken)).toEqual([...toTheThread, 't1: start', null]);
});

test('What is left goes on by itself, whoever ran last first', () => {
  expect(run(toTheThread).result).toEqual({ how: 'returned', value: 't1' });
});

test('A step that is not possible is refused, with those that are', () => {
  const refused = (): unknown => run([...toTheThread, 't2: start']);
  expect(refused).toThrow(ScheduleMismatch);
  expect(refused).toThrow('what could run instead: main: look at files, t1: start');
});

test('The way is a schedule for the checker', () => {
  const { way } = run(toTheThread);
  const schedule = way.text({ kernel: '6.18' }, 'the thread is last');
  expect(schedule).toContain('# kernel 6.18\n# about the thread is last\nmain: start\n');
  expect([...check(program, { schedule }).results.keys()]).toEqual(['"t1"']);
});
