import { expect, test } from 'vitest';
import { inOrder, Machine, OutOfSteps, randomSchedule, simulate } from '../../src/index.ts';

/** A machine without a CPU runs nothing, and the test on it passes. */
test.each<[unknown, string]>([
  [{ cpus: 0 }, 'cpus: expected an integer from 1 to 1024, found 0'],
  [{ cpus: 1.5 }, 'cpus: expected an integer from 1 to 1024, found 1.5'],
  [{ cpus: 1e9 }, 'cpus: expected an integer from 1 to 1024, found 1000000000'],
  [{ cpus: '2' }, "cpus: expected an integer from 1 to 1024, found '2'"],
  [{ nofile: -1 }, 'nofile: expected an integer, 1 or more, found -1'],
  [{ schedule: 5 }, 'schedule: expected a schedule, such as inOrder or randomSchedule(1), found 5'],
  [
    { schedule: randomSchedule },
    'schedule: expected a schedule, such as inOrder or randomSchedule(1), ' +
      'found the function randomSchedule',
  ],
  [{ seed: '5' }, "seed: expected an integer, found '5'"],
  [
    { cpu: 1 },
    'options: expected one of kernel, with, without, cpus, schedule, seed, nofile, maxUserWatches, ' +
      'sysctls, maxSteps, tracer, found "cpu"',
  ],
  [{ kernel: 6.18 }, "kernel: expected a release as a text, such as '6.18', found 6.18"],
  [{ kernel: 5.1 }, "kernel: expected a release as a text, such as '6.18', found 5.1"],
  [{ with: '339ddb53d373' }, "with: expected an array of commit ids, found '339ddb53d373'"],
  [{ maxSteps: '5' }, "maxSteps: expected 1 or more, found '5'"],
  [{ maxUserWatches: '5' }, "maxUserWatches: expected a number, found '5'"],
  [
    { sysctls: { 'net/ipv4/tcp_fastopen': '3' } },
    'sysctls: expected numbers by their path under /proc/sys, such as ' +
      "{ 'net/ipv4/tcp_fastopen': 3 }, found",
  ],
  [{ sysctls: { 'net/ipv4/tcp_fastopn': 3 } }, '/proc/sys/net/ipv4/tcp_fastopn cannot be 3'],
  [{ sysctls: { 'net/ipv4/tcp_tw_reuse': 3 } }, '/proc/sys/net/ipv4/tcp_tw_reuse cannot be 3'],
  [{ tracer: 5 }, 'tracer: expected a tracer, such as a Recorder, found 5'],
  [5, 'options: expected an object, found 5'],
  [null, 'options: expected an object, found null'],
])('%o is refused', (options, message) => {
  expect(() => new Machine(options as never)).toThrow(message);
  expect(() => simulate(function* () {}, options as never)).toThrow(message);
});

/** Options are often put together from some that nobody has set. */
test('an option that is undefined is as good as absent', () => {
  const options = { schedule: inOrder, kernel: undefined, cpus: undefined } as never;

  expect(new Machine(options).kernel.runqueues).toHaveLength(2);
});

/** A loop must fail its test before the runner gives up on it, which tells nobody where it loops. */
test('simulate() ends after a million steps, a machine after ten, unless told otherwise', () => {
  expect(new Machine().kernel.maxSteps).toBe(10_000_000);
  const steps = (options: object) => {
    try {
      return simulate(function* (sys) {
        for (;;) yield* sys.getpid();
      }, options);
    } catch (error) {
      return error instanceof OutOfSteps ? error.message.replace(/: .*/, '') : error;
    }
  };

  expect(steps({})).toBe('no rest after 1000000 steps');
  expect(steps({ maxSteps: undefined })).toBe('no rest after 1000000 steps');
  expect(steps({ maxSteps: 50 })).toBe('no rest after 50 steps');
});
