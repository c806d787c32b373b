import { expect, test } from 'vitest';
import { smallerConcurrent, withoutUnbound } from '../../src/scenario/smaller.ts';
import { callsIn, parsed, type Written, writtenText } from '../../src/scenario/written.ts';
import { concurrently, read, step, wait, watchedPair, write } from '../support/outcomes.ts';

const scenario = concurrently({
  threads: ['main', 't1', 't2'],
  steps: watchedPair('EPOLLIN'),
  concurrent: {
    main: [write('b', 'x'), write('b', 'y')],
    t1: [step('dup', { fd: '$a' }, 'copy'), wait(0)],
    t2: [wait(0)],
  },
  after: [{ ...read('copy'), thread: 't1' }, read('a')],
}) as Written;

/** Cutting must not go round in circles, nor make a scenario that cannot be played. */
test('What a concurrent scenario is cut down to is sound and smaller', () => {
  const all = [...smallerConcurrent(scenario)].filter((one) => parsed(one) !== null);

  expect(all.length).toBeGreaterThan(callsIn(scenario));
  for (const one of all) {
    expect(callsIn(one)).toBeLessThan(callsIn(scenario));
    expect(withoutUnbound(one)).toEqual(one);
  }
});

/** A call of one thread, a whole thread, and what the threads begin with, each by itself. */
test('Calls, threads, and steps are left out, and what needs them goes with them', () => {
  const all = [...smallerConcurrent(scenario)];
  const has = (fits: (one: Written) => boolean): boolean => all.some(fits);

  expect(has(({ concurrent }) => concurrent?.['main']?.length === 1)).toBe(true);
  expect(has(({ threads }) => threads?.join() === 'main,t2')).toBe(true);
  expect(has(({ concurrent }) => concurrent?.['t2'] === undefined)).toBe(true);
  expect(has(({ steps }) => steps.length === 2 && steps[1]?.call === 'epoll_create1')).toBe(true);
  const uncopied = all.filter(({ concurrent }) => concurrent?.['t1']?.[0]?.call !== 'dup');
  expect(uncopied.length).toBeGreaterThan(0);
  expect(JSON.stringify(uncopied)).not.toContain('$copy');
});

/** What is generated is never sure that a thread came to bind a name. */
test('A name that a thread binds is there for "after" where it is certain to be', () => {
  expect(withoutUnbound(scenario).after).toHaveLength(2);
  expect(withoutUnbound(scenario, false).after).toHaveLength(1);
});

/** Somebody takes it from the terminal into a file. */
test('A scenario is written down with a step a line, and reads as it was', () => {
  const text = writtenText(scenario);

  expect(JSON.parse(text)).toEqual(scenario);
  expect(text.split('\n')).toContain('      {"call":"write","args":{"fd":"$b","data":"x"}},');
  const empty = { steps: [], concurrent: {}, mode: 'concurrent' } as const;
  expect(JSON.parse(writtenText(empty))).toEqual(empty);
});
