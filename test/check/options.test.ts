import { expect, test } from 'vitest';
import { type CheckOptions, check } from '../../src/check/check.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

/** Fails where it runs at all. */
const never = function* (_: Sys): Code<void> {
  throw new Error('it was run');
};

const schedule = '# epollsim schedule 1\nmain: start\n';

/** Whoever writes an option as another tool calls it, and takes what is not bounded for bounded. */
test.each<[object, string]>([
  [{ maxExecutions: 5 }, 'check: expected one of kernel, with, without, strategy, preemptions, '],
  [{ preemptions: -1 }, 'check: preemptions: expected an integer, 0 or more, found -1'],
  [{ preemptions: 1.5 }, 'check: preemptions: expected an integer, 0 or more, found 1.5'],
  [{ strategy: 'x' }, "check: strategy: expected one of 'exhaustive', 'pct', 'random', 'replay'"],
  [{ executions: 0 }, 'check: executions: expected 1 or more, found 0'],
  [{ executions: '5' }, "check: executions: expected 1 or more, found '5'"],
  [{ steps: Number.NaN }, 'check: steps: expected 1 or more, found NaN'],
  [{ seconds: 0 }, 'check: seconds: expected more than 0, found 0'],
  [{ seed: 'abc' }, "check: seed: expected an integer, found 'abc'"],
  [{ findings: 'none' }, "check: findings: expected one of 'first', 'all', found 'none'"],
  [
    { sharedMemory: 1 },
    "check: sharedMemory: expected one of true, false, 'told', 'anytime', found 1",
  ],
  [{ memory: 'weak' }, "check: memory: expected one of 'sc', 'tso', found 'weak'"],
  [{ off: ['herds'] }, 'check: off: expected an array of use-after-free, list-corruption, '],
  [{ off: 'herd' }, 'check: off: expected an array of '],
  [{ strict: 'yes' }, "check: strict: expected one of true, false, found 'yes'"],
  [{ keep: true }, 'check: keep: expected an integer, 0 or more, found true'],
  [{ rounds: 0 }, 'check: rounds: expected 2 or more, found 0'],
  [{ mismatch: 'go-on' }, "check: mismatch: expected one of 'stop', 'go on', found 'go-on'"],
  [{ kernel: 6.18 }, "check: kernel: expected a release as a text, such as '6.18', found 6.18"],
  [{ machine: { cpus: 2 } }, 'check: machine: expected one of kernel, with, without, seed, nofile'],
  [{ machine: { nofile: 0 } }, 'check: machine: nofile: expected an integer, 1 or more, found 0'],
  [{ liberties: ['eintrs'] }, "liberties: expected 'all' or a list of "],
  [{ schedule: 'main: start' }, 'line 1: expected "# epollsim schedule 1"'],
  [{ schedule, strategy: 'pct' }, "check: schedule: expected strategy 'replay' beside it, found"],
  [{ strategy: 'replay' }, 'check: expected a schedule to replay, found none'],
  [
    { strategy: 'random', preemptions: 1 },
    "check: preemptions: expected strategy 'exhaustive' beside it, found 'random'",
  ],
])(
  'an option that no check can be made with is refused before anything runs: %j',
  (options, text) => {
    expect(() => check(never, options as CheckOptions)).toThrow(text);
  },
);

test.each([null, 5, 'all', []])('options that are none are refused: %j', (options) => {
  expect(() => check(never, options as unknown as CheckOptions)).toThrow(
    'check: options: expected an object, found ',
  );
});

/** Whoever pastes the schedule of a finding, which says all that is needed. */
test('a schedule is replayed, on its own kernel and with its own liberties', () => {
  const program = function* (sys: Sys): Code<void> {
    const [reader, writer] = yield* sys.pipe2(0);
    yield* sys.write(writer, 'abc');
    sys.assert((yield* sys.read(reader, new Uint8Array(8))) === 3, 'all is read at once');
  };
  const [found] = check(program, { kernel: '5.10', liberties: ['short-read'] }).findings;
  const { findings, kernel, strategy } = check(program, { schedule: found?.schedule });
  expect(findings.map(({ sentence }) => sentence)).toEqual([found?.sentence]);
  expect([kernel, strategy]).toEqual(['5.10', 'replay']);
});
