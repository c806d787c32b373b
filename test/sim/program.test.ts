import { describe, expect, test } from 'vitest';
import { Machine, type Program, type Sys, simulate } from '../../src/index.ts';

const asProgram = (value: unknown): Program => value as Program;

/** Whoever has not met generators writes async, or nothing. */
describe('what is no program', () => {
  test.each<[string, unknown, string]>([
    ['a number', 5, 'found 5'],
    ['nothing', undefined, 'found undefined'],
    ['an async function', async function loop() {}, 'found the async function loop'],
    ['an async generator', async function* loop() {}, 'found the async function loop'],
  ])('%s is refused before anything runs', (_, program, found) => {
    const message = `expected a generator function (function* (sys) { … }), ${found}`;

    expect(() => simulate(asProgram(program))).toThrow(new TypeError(`simulate: ${message}`));
    expect(() => new Machine().spawn(asProgram(program))).toThrow(`spawn: ${message}`);
  });

  test.each<[string, unknown, string]>([
    ['a number', () => 1, '1'],
    ['a promise', () => Promise.resolve(), 'an object of the kind Promise'],
    ['a list', () => [1], 'an array'],
  ])('a function that gives %s is refused, in a thread too', (_, program, found) => {
    const message =
      'expected a generator function (function* (sys) { … }), ' +
      `found a function that gives ${found}`;

    expect(() => simulate(asProgram(program))).toThrow(`main: ${message}`);
    expect(() =>
      simulate(function* (sys) {
        yield* sys.pthread_join(yield* sys.pthread_create(asProgram(program)));
      }),
    ).toThrow(`t1: ${message}`);
  });

  /** A helper with more parameters is wrapped in an arrow function. */
  test('a plain function that gives the generator of another is one', () => {
    function* plus(sys: Sys, more: number) {
      return (yield* sys.getpid()) + more;
    }

    expect(simulate((sys) => plus(sys, 1))).toBe(1002);
  });
});

/** The kernel's code would not know which of both machines it is on. */
describe('a machine inside of a program', () => {
  test('is refused', () => {
    const program: Program = function* (sys) {
      simulate(function* () {});
      yield* sys.getpid();
    };

    expect(() => simulate(program)).toThrow('expected outside of programs, found inside of main');
  });

  test('that was built before is not run, its own included', () => {
    for (const other of [new Machine(), null]) {
      const machine = new Machine();
      machine.spawn(function* () {
        (other ?? machine).run();
      });

      expect(() => machine.run()).toThrow('found inside of main');
    }
  });

  test('leaves both of use afterwards', () => {
    const machine = new Machine();
    machine.spawn(function* () {
      new Machine();
    });
    expect(() => machine.run()).toThrow('found inside of main');
    const { result } = machine.spawn(function* () {});

    expect(result).toBeNull();
    expect(machine.run().programs[1]?.result?.how).toBe('returned');
    expect(simulate((sys) => sys.getpid())).toBe(1001);
  });

  /** Another process on the same machine is no other machine. */
  test('is not a program that a program spawns', () => {
    const machine = new Machine();
    const first = machine.spawn(function* (sys) {
      machine.spawn(function* (sys) {
        yield* sys.getpid();
      });
      return yield* sys.getpid();
    });

    machine.run();

    expect(first.result).toEqual({ how: 'returned', value: 1001 });
  });
});
