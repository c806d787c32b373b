import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readScenario } from '../../src/scenario/documents.ts';
import { partingOf } from '../../src/scenario/parting.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

const example = (name: string): Scenario =>
  readScenario(readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8'));

/** The second write to a pipe that is not empty: 3a34b13a88ca. */
test('two releases part at the first step that they answer differently, for a reason each', () => {
  const parting = partingOf(
    example('pipe-every-write.json'),
    { kernel: '5.10' },
    { kernel: '5.14' },
  );

  expect(parting?.step).toBe(6);
  expect(parting?.kind).toBe('epoll_wait: ret, events');
  expect(parting?.sides.map(({ because }) => because.map(({ cause }) => cause))).toEqual([
    ['no-new-wakeup'],
    ['told'],
  ]);
});

test('a release parts from itself without a commit, and not from itself', () => {
  const scenario = example('pipe-every-write.json');
  const without = ['3a34b13a88ca', '3b844826b6c6'];

  expect(partingOf(scenario, { kernel: '6.18', without }, { kernel: '6.18' })?.step).toBe(6);
  expect(partingOf(scenario, { kernel: '6.18' }, { kernel: '6.18' })).toBeNull();
});

/** From 5.5 to 5.12 the end of a scan woke nobody: 7fab29e35630. */
test('of a concurrent scenario the outcomes and findings of one kernel alone are told', () => {
  const parting = partingOf(
    example('no-cascade.json'),
    { kernel: '5.5' },
    { kernel: '6.18' },
    {
      executions: 500,
    },
  );

  expect(parting?.step).toBeNull();
  expect(parting?.sides[0].texts.at(-1)).toMatch(/sleeps in epoll_wait for ever/);
  expect(parting?.sides[0].because.length).toBeGreaterThan(0);
});
