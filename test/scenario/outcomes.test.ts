import { expect, test } from 'vitest';
import { OutcomeSearch, outcomesText } from '../../src/scenario/outcomes.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import {
  concurrently,
  outcomesOf,
  read,
  step,
  textsOf,
  wait,
  watchedPair,
  write,
} from '../support/outcomes.ts';

const race = {
  steps: watchedPair('EPOLLIN'),
  concurrent: { main: [write('b', 'x')], t1: [wait(0), read('a')] },
  after: [wait(0)],
};

/** A list that is cut off looks like one that is whole. */
test('A search that comes to a limit says so, and goes on at random', () => {
  const outcomes = outcomesOf(race, { executions: 3 });

  expect(outcomes.complete).toBe(false);
  expect(outcomes.limit?.message).toMatch(/^3 executions .*raise.*; 4000 more .* at random$/);
  expect(outcomes.executions).toBe(4003);
  expect(textsOf(outcomes)).toEqual(textsOf(outcomesOf(race)));
}, 60_000);

/** A bound on preemptions covers what it covers. */
test('Only a search without bounds is complete', () => {
  expect(outcomesOf(race).complete).toBe(true);
  expect(outcomesOf(race, { preemptions: 1 }).complete).toBe(false);
  expect(outcomesOf(race, { strategy: 'random', executions: 10 })).toMatchObject({
    complete: false,
    executions: 10,
  });
});

/** A search that finds nothing to choose must not look for it for ever. */
test.each(['exhaustive', 'random'] as const)(
  'Where nobody has anything to do there is one outcome: %s',
  (strategy) => {
    const outcomes = outcomesOf({ threads: ['main'], concurrent: {} }, { strategy, executions: 5 });

    expect(textsOf(outcomes)).toEqual(['{"main":[],"after":[]}']);
    expect(outcomes.executions).toBe(strategy === 'random' ? 5 : 1);
  },
);

/** Executions that loop are not covered, and whoever raises the limit has to know which one. */
test('An execution that takes too many steps is a limit of steps', () => {
  const { complete, limit } = outcomesOf(race, { steps: 20 });

  expect(complete).toBe(false);
  expect(limit).toMatchObject({
    limit: 'steps',
    message: expect.stringContaining('after 20 steps'),
  });
});

/** The reduction is worth nothing if it leaves out what chance finds. */
test.each(['random', 'pct'] as const)(
  'The search has every outcome that %s executions have',
  (strategy) => {
    const all = textsOf(outcomesOf(race));
    const some = textsOf(outcomesOf(race, { strategy, executions: 2000 }));

    expect(all.length).toBeGreaterThan(2);
    expect(some).toEqual(all);
  },
  60_000,
);

/** And the same against all executions of at most two preemptions, each of them tried. */
test('The search has every outcome of few preemptions', () => {
  const all = textsOf(outcomesOf(race));
  for (const text of textsOf(outcomesOf(race, { preemptions: 2, executions: 4000 }))) {
    expect(all).toContain(text);
  }
});

/** The bytes that are compared with those of a kernel. */
test('The answer is a line of JSON in the order of the format', () => {
  const outcomes = outcomesOf({ steps: watchedPair('EPOLLIN'), concurrent: { main: [wait(0)] } });

  expect(outcomesText(outcomes)).toBe(
    '{"name":"test","outcomes":[{"main":[{"ret":0,"events":[]}],"after":[]}],' +
      '"executions":1,"complete":true}',
  );
});

const timerfd = (name: string) =>
  step('timerfd_create', { clock: 'CLOCK_MONOTONIC', flags: 'TFD_NONBLOCK' }, name);
const arm = (name: string, value_ms: number) =>
  step('timerfd_settime', { fd: `$${name}`, flags: 0, value_ms, interval_ms: 0 });

/** A schedule that leads somewhere else is worse than none: two timers of one thread sound alike. */
test.each([
  ['a race of a writer and a waiter', race],
  [
    'two timers of one thread',
    {
      steps: [timerfd('x'), timerfd('y')],
      concurrent: { main: [arm('x', 20), arm('y', 10)], t1: [read('x'), read('y')] },
    },
  ],
  [
    'a wait whose time is over, or not',
    { steps: watchedPair('EPOLLIN'), concurrent: { main: [write('b', 'x')], t1: [wait(5)] } },
  ],
])('Along the schedule of an outcome there is that one: %s', (_, scenario) => {
  const search = new OutcomeSearch(parseScenario(concurrently(scenario)));
  while (search.next());
  const { found } = search.outcomes();

  expect(found.length).toBeGreaterThan(1);
  for (const outcome of found) {
    const schedule = search.scheduleOf(outcome);
    expect(schedule).toContain(`# about outcome ${outcome.text}\n`);
    const again = outcomesOf(scenario, { strategy: 'replay', schedule });
    expect(textsOf(again)).toEqual([outcome.text]);
  }
});

/** Somebody has changed the scenario since. */
test('A schedule that does not fit a scenario says what it expects and what could run', () => {
  const search = new OutcomeSearch(parseScenario(concurrently(race)));
  while (search.next());
  const [first] = search.outcomes().found;
  const schedule = search.scheduleOf(first as never).replace('t1: start', 't1: sing');

  const replay = (mismatch: 'stop' | 'go on'): unknown =>
    outcomesOf(race, { strategy: 'replay', schedule, mismatch });
  expect(() => replay('stop')).toThrow(/expects "t1: sing"; what could run instead: .*t1: start/);
  expect(replay('go on')).toMatchObject({ executions: 1, complete: false });
});

/** Whoever gives a file back last takes it out of the epoll, at once or when its call is over. */
test('Of two who hold a file either can be the last', () => {
  const fds = [
    { fd: '$e', events: 'POLLIN' },
    { fd: '$ep', events: 'POLLIN' },
  ];
  const scenario = {
    steps: [
      step('epoll_create1', { flags: 0 }, 'ep'),
      step('eventfd2', { initval: 1, flags: 0 }, 'e'),
      step('epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$e', events: 'EPOLLIN|EPOLLET' }),
    ],
    concurrent: {
      main: [step('poll', { fds, timeout: 0 })],
      t1: [step('close', { fd: '$e' }), wait(0)],
    },
  };
  const all = textsOf(outcomesOf(scenario));
  const some = textsOf(outcomesOf(scenario, { strategy: 'random', executions: 2000 }));

  expect(some.filter((text) => !all.includes(text))).toEqual([]);
}, 60_000);
