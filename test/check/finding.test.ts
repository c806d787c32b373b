/** What is made of an execution that breaks something. */
import { expect, test } from 'vitest';
import { Checking, check, subjectOf, type Verdict } from '../../src/check/check.ts';
import { explore, type Subject } from '../../src/check/explore.ts';
import { minimise } from '../../src/check/minimise.ts';
import { RandomWalk } from '../../src/check/random.ts';
import { KernelBug } from '../../src/kernel/bug.ts';
import { Machine } from '../../src/sim/machine.ts';
import { withoutPause } from '../../src/sim/pause.ts';
import type { Code, Sys } from '../../src/syscalls/sys.ts';

/** Kernel code that is found broken, with more functions on its stack the first time. */
function differing(): Subject<null> {
  let runs = 0;
  const broken = (): never => {
    throw new KernelBug('BUG', 'broken');
  };
  const by_steps = (): never => broken();
  const in_one_go = (): never => by_steps();
  return (schedule) => {
    const machine = new Machine({ schedule });
    return { machine, run: () => (runs++ === 0 ? in_one_go() : by_steps()) };
  };
}

/**
 * Whoever checks a program with what is built: a call that goes through has another stack than the
 * same call step by step, as which it is told, and a bug in it ended the check without a word.
 */
test('a bug with another stack the second time is told as it is the second time', () => {
  const options = { strategy: 'random', executions: 2, findings: 'all' } as const;
  const checking = new Checking(differing(), options, String);
  while (checking.next());
  const [finding, ...more] = checking.verdict().findings;

  expect(checking.findings).toBe(2); // As they were named while exploring.
  expect(more).toEqual([]);
  expect(finding?.sentence).toBe('The kernel is broken: BUG: broken.');
  expect(finding?.cause).toMatch(/^BUG: broken < by_steps(?! < in_one_go)/);
});

/** A program of two threads that looks at something outside of itself each time it is run. */
const looking = (isWrong: () => boolean) =>
  function* (sys: Sys): Code<void> {
    const other = yield* sys.pthread_create(function* (sys) {
      yield* sys.eventfd2(0, 0);
    });
    yield* sys.eventfd2(0, 0);
    sys.assert(!isWrong(), 'it is right');
    yield* sys.pthread_join(other);
  };

/** Whoever counts in a variable beside the program, as in many a test, saw a crash of the checker. */
test.each([
  ['the first time', (runs: number) => runs === 1],
  ['the third time', (runs: number) => runs === 3],
  ['the first two times', (runs: number) => runs < 3],
])('what a program breaks only %s is told as it was seen, and that it came once', (_, isWrong) => {
  let runs = 0;
  const { findings }: Verdict = check(looking(() => isWrong(++runs)));
  const [finding] = findings;

  expect(findings).toHaveLength(1);
  expect(finding).toMatchObject({ kind: 'assertion', repeats: false, schedule: '', because: [] });
  expect(finding?.sentence).toBe('Assertion failed in main: it is right.');
  expect(finding?.details[0]).toMatch(/^at finding\.test\.ts:\d+$/);
  expect(finding?.steps).toBeGreaterThan(3);
});

/** A thread that is not there the second time: the path cannot be taken at all. */
test('a program with other threads the second time is told of the same way', () => {
  let runs = 0;
  const { findings } = check(function* (sys) {
    const isFirst = ++runs === 1;
    if (isFirst) {
      const other = yield* sys.pthread_create(function* (sys) {
        yield* sys.eventfd2(0, 0);
      });
      yield* sys.pthread_join(other);
    }
    sys.assert(!isFirst, 'there is no other thread');
  });
  expect(findings).toMatchObject([{ kind: 'assertion', repeats: false }]);
});

test('what comes again does so along its schedule', () => {
  const { findings } = check(looking(() => true));
  expect(findings).toMatchObject([{ repeats: true }]);
});

/** A minute and more went by before a finding was told, where each execution is long. */
test('the search for a short execution runs fewer of them where they are long', () => {
  let runs = 0;
  const program = function* (sys: Sys): Code<void> {
    runs++;
    const [reader, writer] = yield* sys.pipe2(0);
    yield* sys.pthread_create(function* (sys) {
      for (let i = 0; i < 200; i++) yield* sys.write(writer, 'x');
    });
    for (let i = 0; i < 200; i++) yield* sys.read(reader, new Uint8Array(1));
    sys.assert(false, 'all are read');
  };
  const budget = 60;
  const subject = subjectOf(program, {});
  const [first] = explore(subject, new RandomWalk(1, 1));
  if (first === undefined) throw new Error('no execution');
  const isSame = ({ error }: { error: unknown }): boolean => error !== null;
  const { execution } = withoutPause(minimise(subject, first, isSame, { budget }));
  expect(execution.steps).toBeGreaterThan(1000);
  expect(runs).toBeLessThan(budget / 2);

  // A test whose time is over loses what was found.
  const before = runs;
  const none = withoutPause(minimise(subject, first, isSame, { budget, seconds: 0 }));
  expect([none.execution === first, none.fewest]).toEqual([true, first.preemptions === 0]);
  expect(runs).toBe(before);
});
