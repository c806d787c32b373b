/** What is made of an execution that breaks something. */
import { expect, test } from 'vitest';
import { Checking } from '../../src/check/check.ts';
import type { Subject } from '../../src/check/explore.ts';
import { KernelBug } from '../../src/kernel/bug.ts';
import { Machine } from '../../src/sim/machine.ts';

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
