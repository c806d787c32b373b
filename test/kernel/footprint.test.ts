import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Subject } from '../../src/check/explore.ts';
import { defaultKernel } from '../../src/kernel/history.ts';
import type * as Lists from '../../src/kernel/list.ts';
import type { Kernel } from '../../src/kernel/op.ts';
import type * as Locks from '../../src/kernel/spinlock.ts';
import type * as Waiting from '../../src/kernel/wait.ts';
import type * as Concurrent from '../../src/scenario/concurrent.ts';
import type * as Parse from '../../src/scenario/parse.ts';
import type * as Simulation from '../../src/sim/machine.ts';
import { exemptions } from '../support/footprint_exemptions.ts';
import type * as Judging from '../support/footprint_judge.ts';
import { smallProgram } from '../support/small_programs.ts';

const root = new URL('../..', import.meta.url).pathname;
// Inside node_modules, so that the copies find their packages.
const copies = `${root}node_modules/.epollsim-accesses`;
const corpus = new URL('../../corpus/linux-6.18/concurrent.scenarios.ndjson', import.meta.url);

beforeAll(() => {
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/accesses.ts', copies], {
    cwd: root,
    stdio: 'pipe',
  });
}, 180_000);

/** With a lock for readers, with the lists looked at by turns, with one spinlock. */
const older = ['6.12', '5.4', '4.20'] as const;

const load = async (): Promise<Judging.Judge> => {
  const judging: typeof Judging = await import(`${copies}/test/support/footprint_judge.js`);
  return new judging.Judge(exemptions);
};

/**
 * The checker is bitten: it takes two steps that touch the same memory for independent, leaves one
 * of their orders out, and calls a program right that is not. All memory of the kernel is watched
 * here, see scripts/accesses.ts.
 */
describe('Whatever steps of the kernel touch in common they declare', () => {
  test('in small programs made by chance', { timeout: 180_000 }, async () => {
    const judge = await load();
    for (let seed = 1; seed <= 300; seed++) {
      // Every other program on this kernel, the others on those that were built in another way.
      const kernel = seed % 2 === 0 ? defaultKernel : older[(seed >> 1) % older.length];
      judge.runProgram(smallProgram(seed), seed, { kernel });
    }
    expect(judge.report(3)).toEqual([]);
  });

  test('in the concurrent scenarios of the corpus', { timeout: 180_000 }, async () => {
    const judge = await load();
    const { parseScenario }: typeof Parse = await import(`${copies}/src/scenario/parse.js`);
    const { concurrentSubject }: typeof Concurrent = await import(
      `${copies}/src/scenario/concurrent.js`
    );
    for (const line of readFileSync(corpus, 'utf8').trimEnd().split('\n')) {
      const scenario = parseScenario(JSON.parse(line));
      for (let seed = 1; seed <= 2; seed++) judge.run(concurrentSubject(scenario), seed);
    }
    expect(judge.report(3)).toEqual([]);
  });
});

/** The two tests above are worth nothing if the judge sees nothing. */
test.each([
  ['under its lock is in order', true, []],
  ['without it is found', false, ['list_head.next', 'list_head.prev']],
])('What two tasks do to a list %s', async (_, locked, expected) => {
  const judge = await load();
  const { list_add_tail, list_head }: typeof Lists = await import(`${copies}/src/kernel/list.js`);
  const { spin_lock, spin_unlock }: typeof Locks = await import(`${copies}/src/kernel/spinlock.js`);
  const { wait_queue_head }: typeof Waiting = await import(`${copies}/src/kernel/wait.js`);
  const { Machine }: typeof Simulation = await import(`${copies}/src/sim/machine.js`);
  const subject: Subject<unknown> = (schedule) => {
    const machine = new Machine({ schedule, cpus: 1 });
    const queue = new wait_queue_head('queue');
    const list = new list_head<null>(null);
    const add = function* (): Kernel<void> {
      if (locked) yield spin_lock(queue.lock);
      list_add_tail(new list_head<null>(null), list);
      if (locked) spin_unlock(queue.lock);
    };
    const process = machine.newProcess('one');
    machine.start(process, 'one', add());
    machine.start(machine.newThread(process, 'other'), 'other', add());
    return { machine, run: () => machine.run() };
  };
  judge.run(subject, 1);
  const found = new Set([...judge.findings.values()].map(({ what }) => what));
  expect([...found].sort()).toEqual(expected);
});
