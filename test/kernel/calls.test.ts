import { describe, expect, test } from 'vitest';
import {
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  Machine,
  type Program,
  Recorder,
  randomSchedule,
  type Sys,
  simulate,
} from '../../src/index.ts';

/** A thread that lives as long as the machine, so that calls are not made in one go. */
const inCompany = (program: Program): Program =>
  function* (sys) {
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, -1);
    });
    return yield* program(sys);
  };

/** What a forgotten star does with a call; tidy would find the star missing in these tests. */
const forget = (_call: unknown): void => {};

const run = (program: Program, options = {}): void => {
  const machine = new Machine(options);
  machine.spawn(program);
  machine.run();
};

/** Whoever forgets a star would see a program that ends well and has done nothing. */
describe('a call without "yield*"', () => {
  test.each<[string, (sys: Sys) => unknown]>([
    ['epoll_ctl', (sys) => sys.epoll_ctl(4, EPOLL_CTL_ADD, 3, { events: EPOLLIN })],
    ['epoll_wait', (sys) => sys.epoll_wait(3, 1, 0)],
    ['write', (sys) => sys.write(3, 'x')],
    ['send', (sys) => sys.send(3, 'x', 0)],
    ['sigprocmask', (sys) => sys.sigprocmask(0, 0n)],
    ['socketpair', (sys) => sys.socketpair(1, 1)],
    ['fdinfo', (sys) => sys.fdinfo(3)],
    ['pthread_create', (sys) => sys.pthread_create(function* () {})],
    ['pthread_join', (sys) => sys.pthread_join(1)],
    ['exit_group', (sys) => sys.exit_group(1)],
  ])('%s is an error when the program ends', (name, make) => {
    const program: Program = function* (sys) {
      yield* sys.getpid();
      make(sys);
      yield* sys.getpid();
    };
    const message = `main: sys.${name}(…) was called without "yield*"`;

    expect(() => run(program)).toThrow(new TypeError(message));
    expect(() => run(inCompany(program))).toThrow(message);
    expect(() => run(program, { tracer: new Recorder(() => {}) })).toThrow(message);
  });

  test('is an error when its thread ends, and the thread is named', () => {
    const program: Program = function* (sys) {
      const tid = yield* sys.pthread_create(function* (sys) {
        forget(sys.close(0));
      }, 'worker');
      yield* sys.pthread_join(tid);
    };

    expect(() => run(program)).toThrow('worker: sys.close(…) was called without "yield*"');
  });

  test('is an error when its thread sleeps for ever', () => {
    const program: Program = function* (sys) {
      const ep = yield* sys.epoll_create1(0);
      forget(sys.epoll_ctl(ep, EPOLL_CTL_ADD, 0, { events: EPOLLIN }));
      yield* sys.epoll_wait(ep, 1, -1);
    };

    expect(() => run(program)).toThrow(
      'main: sys.epoll_ctl(…) was called without "yield*", and main sleeps in epoll_wait for ever',
    );
  });

  test('is named where a program loops, and where its promise does not hold', () => {
    const loops: Program = function* (sys) {
      for (;;) forget(sys.read(0, new Uint8Array(1)));
    };
    const promises: Program = function* (sys) {
      forget(sys.write(0, 'x'));
      sys.assert((yield* sys.getpid()) === 0, 'never');
    };

    expect(() => simulate(loops, { maxSteps: 1000 })).toThrow(
      'main is in its own code, where sys.read(…) was called without "yield*"',
    );
    expect(() => simulate(promises)).toThrow('never (sys.write(…) was called without "yield*")');
  });
});

/** A helper that takes a call, or a list of them, is as good a program as any. */
describe('a call that is entered later', () => {
  function* resultOf(call: Code<number>): Code<number> {
    return yield* call;
  }
  const program = function* (sys: Sys): Code<number[]> {
    const calls = [sys.dup(0), sys.getpid(), sys.close(99)];
    const results: number[] = [];
    for (const call of calls.reverse()) results.push(yield* resultOf(call));
    return results;
  };

  test('is no error, in whatever order', () => {
    expect(simulate(program)).toEqual([-9, 1001, 3]);
    expect(simulate(inCompany(program) as typeof program)).toEqual([-9, 1001, 3]);
  });

  test('is no error on any sampled schedule of several threads that do so', () => {
    const many: Program = function* (sys) {
      const tids = [yield* sys.pthread_create(program), yield* sys.pthread_create(program)];
      const joins = tids.map((tid) => sys.pthread_join(tid));
      for (const join of joins) yield* join;
      return yield* program(sys);
    };
    for (let seed = 0; seed < 50; seed++) {
      expect(simulate(many, { schedule: randomSchedule(seed) })).toHaveLength(3);
    }
  });

  test('is no error while its thread sleeps and may be woken', () => {
    const machine = new Machine();
    const spawned = machine.spawn(function* (sys) {
      const call = sys.getpid();
      yield* sys.nanosleep({ tv_sec: 5, tv_nsec: 0 });
      return yield* call;
    });

    machine.run(2e9);
    expect(spawned.result).toBeNull();
    machine.run();
    expect(spawned.result).toEqual({ how: 'returned', value: 1001 });
  });

  test('by another thread is refused', () => {
    const passes: Program = function* (sys) {
      const call = sys.getpid();
      const tid = yield* sys.pthread_create(() => call);
      yield* sys.pthread_join(tid);
    };

    expect(() => simulate(passes)).toThrow('t1: sys.getpid(…) was called by main');
  });
});

/** What a first program left behind must not be laid at the door of a second one. */
test('a call that was pending when its program threw is not charged to the next thread', () => {
  const machine = new Machine();
  machine.spawn(function* (sys) {
    forget(sys.getpid());
    throw new Error('oops');
  }, 'first');
  machine.spawn(function* (sys) {
    yield* sys.getpid();
  }, 'second');

  expect(() => machine.run()).toThrow('oops');
  expect(machine.run().programs[1]?.result?.how).toBe('returned');
});
