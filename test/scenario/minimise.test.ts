import { expect, test } from 'vitest';
import { type MinimiseOptions, Minimising } from '../../src/scenario/minimise.ts';
import type { Outcomes } from '../../src/scenario/outcomes.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import type { Written } from '../../src/scenario/written.ts';
import { type Concurrent, concurrently, outcomesOf, step, wait } from '../support/outcomes.ts';

const kernel = '5.12';
const eventfd = (name: string) => step('eventfd2', { initval: 0, flags: 0 }, name);
const forEver = wait(-1, 1);

/** Two waiters and one event: before 5.13 who takes it does not wake the other. */
const least: Concurrent = {
  threads: ['main', 't1', 't2'],
  steps: [
    eventfd('e'),
    step('epoll_create1', { flags: 0 }, 'ep'),
    step('epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$e', events: 'EPOLLIN' }),
  ],
  concurrent: {
    main: [step('write', { fd: '$e', value: 1 })],
    t1: [forEver],
    t2: [forEver],
  },
};

/** The same with a pipe, a thread that reads it, and calls that have nothing to do with it. */
const more: Concurrent = {
  threads: ['main', 't1', 'reader', 't2'],
  steps: [
    step('pipe2', { flags: 0 }, 'r', 'w'),
    step('write', { fd: '$w', data: 'x' }),
    ...(least.steps ?? []),
    eventfd('idle'),
  ],
  concurrent: {
    main: [step('write', { fd: '$e', value: 1 }), step('dup', { fd: '$idle' }, 'again')],
    t1: [forEver],
    reader: [step('read', { fd: '$r', len: 1 })],
    t2: [forEver],
  },
  after: [{ ...wait(0), thread: 'main' }, step('close', { fd: '$again' })],
};

const findingsOf = (scenario: Concurrent): Outcomes['findings'] =>
  outcomesOf(scenario, { kernel }).findings;

function minimising(scenario: Concurrent, options: MinimiseOptions = {}): Minimising {
  const [finding] = findingsOf(scenario);
  if (finding === undefined) throw new Error('expected a finding');
  return new Minimising(concurrently(scenario) as Written, finding, { kernel, ...options });
}

/** Whoever gets a bug report of forty calls wants the six that it takes. */
test('A scenario is cut down to the calls that its finding takes', () => {
  const search = minimising(more);
  while (search.next());
  const smaller = search.result();

  expect(smaller?.document).toMatchObject({ ...concurrently(least), after: [] });
  expect(smaller?.calls).toBe(6);
  expect(smaller?.finding.kind).toBe('lost-wakeup');
  expect(search.limit).toBeNull();
}, 60_000);

/** A file that does not play, or in which nothing is found, helps nobody. */
test('What is left is a scenario by itself, whose schedule shows the finding', () => {
  const search = minimising(more);
  while (search.next());
  const { document, finding } = search.result() ?? {};
  const scenario = parseScenario(document);
  const { schedule } = finding ?? {};

  expect(scenario.mode).toBe('concurrent');
  const again = outcomesOf(document as Concurrent, { kernel, strategy: 'replay', schedule });
  expect(again.findings.map(({ cause }) => cause)).toEqual([finding?.cause]);
}, 60_000);

/** The cause stays, whatever else is found on the way, and whoever it is that sleeps. */
test('What is as small as it gets has no smaller one', () => {
  const search = minimising(least);
  while (search.next());

  expect(search.executions).toBeGreaterThan(0);
  expect(search.result()).toBeNull();
  expect(search.limit).toBeNull();
}, 60_000);

/** Two mistakes in one scenario: the smaller one must not show the other one. */
test('What is found for another reason does not count', () => {
  const [finding] = findingsOf(least);
  const other = { ...finding, cause: 'lost-wakeup: poll, pipe3' } as NonNullable<typeof finding>;
  const search = new Minimising(concurrently(more) as Written, other, { kernel, budget: 2000 });
  while (search.next());

  expect(search.result()).toBeNull();
}, 60_000);

/** Ctrl-C, or a budget that is used up. */
test('A search that is stopped half way has the smallest scenario until then', () => {
  const search = minimising(more);
  while (search.calls === null) search.next();
  const { calls, document } = search.result() ?? {};

  expect(calls).toBe(search.calls);
  expect(calls).toBeGreaterThan(6);
  expect(outcomesOf(document as Concurrent, { kernel }).findings).toHaveLength(1);
}, 60_000);

/** A scenario that stays large leaves somebody wondering. */
test('A search that comes to the end of its budget says what to change', () => {
  const search = minimising(more, { budget: 3 });
  while (search.next());

  expect(search.executions).toBe(3);
  expect(search.limit).toBe(
    '3 executions are done and smaller ones are left to try: raise "budget" (--max-minimise)',
  );
}, 60_000);
