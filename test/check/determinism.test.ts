import { describe, expect, test } from 'vitest';
import { type CheckOptions, check } from '../../src/check/check.ts';
import { NotDeterministic } from '../../src/check/determinism.ts';
import { AF_UNIX, SOCK_STREAM } from '../../src/kernel/uapi/socket.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** A thread does this while another one waits for an eventfd. */
const beside = (act: (sys: Sys, event: number) => Code<unknown>): Program =>
  function* (sys) {
    const event = yield* sys.eventfd2(0, 0);
    const thread = yield* sys.pthread_create(function* (sys) {
      yield* act(sys, event);
      yield* sys.write(event, one);
    });
    yield* sys.read(event, new Uint8Array(8));
    yield* sys.pthread_join(thread);
  };

/** Programs of which each execution leaves something to the next. */
const others: Readonly<Record<string, () => Program>> = {
  'makes one call more each time': () => {
    let runs = 0;
    return beside(function* (sys, event) {
      runs++;
      for (let i = 0; i < runs; i++) yield* sys.write(event, one);
    });
  },
  'makes another call each time': () => {
    let runs = 0;
    return beside(function* (sys, event) {
      if (runs++ % 2 === 0) yield* sys.write(event, one);
      else yield* sys.epoll_create1(0);
    });
  },
  'starts another number of threads each time': () => {
    let runs = 0;
    return beside(function* (sys) {
      runs++;
      for (let i = 0; i < runs % 3; i++) yield* sys.pthread_create(function* () {});
    });
  },
};

/** Whoever reads "every interleaving was covered", of a program that was another one each time. */
describe.each(Object.entries(others))('A program that %s', (_, make) => {
  const manners: [string, CheckOptions][] = [
    ['with shared memory', {}],
    ['without shared memory', { sharedMemory: false }],
    ['with liberties', { liberties: 'all' }],
    ['with few preemptions', { preemptions: 1 }],
    ['of a sample', { strategy: 'random' }],
  ];
  test.each(manners)('is not said to be covered, %s', (_, options) => {
    const checking = (): unknown => check(make(), { executions: 200, ...options });
    expect(checking).toThrow(NotDeterministic);
    expect(checking).toThrow(/another way when it is run again: for \d+ steps? all is as before/);
    expect(checking).toThrow("put what it keeps into the program's function");
  });
});

/** It has a single interleaving, which is run once: nothing is run again on the way. */
test('A program that keeps a descriptor for the next execution is not said to be covered', () => {
  let kept: number | null = null;
  const program: Program = function* (sys) {
    kept ??= (yield* sys.socketpair(AF_UNIX, SOCK_STREAM))[0];
    yield* sys.write(kept, one);
  };
  expect(() => check(program)).toThrow(NotDeterministic);
});

/** What an execution does besides is its own: a result may be what it likes. */
test('A program that returns something else each time is covered', () => {
  let runs = 0;
  const { complete } = check(
    beside(function* () {
      runs++;
    }),
  );
  expect(complete).toBe(true);
  expect(runs).toBeGreaterThan(1);
});
