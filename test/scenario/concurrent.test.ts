import { expect, test } from 'vitest';
import { outcomesOf, read, step, textsOf, wait, watchedPair, write } from '../support/outcomes.ts';

const nothing = '{"ret":0,"events":[]}';
const one = '{"ret":1,"events":[{"events":"EPOLLIN","data":1}]}';

/** The example of the format: whoever writes event loops looks here first. */
test('An ET event goes to one of two waiters, or to nobody who is there already', () => {
  const outcomes = outcomesOf({
    steps: watchedPair('EPOLLIN|EPOLLET'),
    concurrent: { main: [write('b', 'w')], t1: [wait(-1, 1)], t2: [wait(0, 1)] },
    after: [wait(0, 1)],
  });

  expect(outcomes).toMatchObject({ complete: true, limit: null, findings: [] });
  expect(textsOf(outcomes)).toEqual([
    `{"main":[{"ret":1}],"t1":["blocked"],"t2":[${one}],"after":[${nothing}]}`,
    `{"main":[{"ret":1}],"t1":[${one}],"t2":[${nothing}],"after":[${nothing}]}`,
  ]);
});

/** A timer that nobody waits to see is cancelled in every execution that does not think of it. */
test('A timeout expires before the event, or does not', () => {
  const outcomes = outcomesOf({
    steps: watchedPair('EPOLLIN|EPOLLET'),
    concurrent: { main: [write('b', 'w')], t1: [wait(20)] },
    after: [wait(0)],
  });

  expect(textsOf(outcomes)).toEqual([
    `{"main":[{"ret":1}],"t1":[${nothing}],"after":[${one}]}`,
    `{"main":[{"ret":1}],"t1":[${one}],"after":[${nothing}]}`,
  ]);
});

/** Reads of a timerfd that is armed before anybody runs freely: nobody ever takes the timer back. */
test('A timer that is left at the end has expired, or has not', () => {
  const outcomes = outcomesOf({
    steps: [step('timerfd_create', { clock: 'CLOCK_MONOTONIC', flags: 'TFD_NONBLOCK' }, 't')],
    concurrent: {
      main: [
        step('timerfd_settime', { fd: '$t', flags: 0, value_ms: 20, interval_ms: 0 }),
        read('t'),
      ],
    },
  });

  expect(textsOf(outcomes)).toEqual([
    '{"main":[{"ret":0},{"ret":-1,"errno":"EAGAIN"}],"after":[]}',
    '{"main":[{"ret":0},{"ret":8,"value":"1"}],"after":[]}',
  ]);
});

/** A clock that ticks for ever keeps nobody from coming to an end. */
test('A timer that comes again and again is not waited for', () => {
  const tick = { fd: '$t', flags: 0, value_ms: 20, interval_ms: 20 };
  const outcomes = outcomesOf({
    steps: [
      step('timerfd_create', { clock: 'CLOCK_MONOTONIC', flags: 'TFD_NONBLOCK' }, 't'),
      step('timerfd_settime', tick),
      ...watchedPair('EPOLLIN'),
    ],
    concurrent: { main: [wait(-1)] },
  });

  expect(outcomes).toMatchObject({ complete: true, executions: 1 });
  expect(textsOf(outcomes)).toEqual(['{"main":["blocked"],"after":[]}']);
});

/** Where one thread has something to do there is one interleaving, however long the rest is. */
test('Nothing is chosen in "steps", in "after", and where one thread runs', () => {
  const outcomes = outcomesOf({
    threads: ['main', 't1'],
    steps: [
      ...watchedPair('EPOLLIN'),
      { ...write('b', 'x'), thread: 't1' },
      step('sleep', { ms: 20 }),
    ],
    concurrent: { main: [wait(-1), read('a', 1)], t1: [] },
    after: [write('b', 'y'), { ...wait(20), thread: 't1' }, { ...read('a'), thread: 't1' }],
  });

  expect(outcomes).toMatchObject({ executions: 1, complete: true });
  expect(textsOf(outcomes)).toEqual([
    `{"main":[${one},{"ret":1,"data":"x"}],"t1":[],` +
      `"after":[{"ret":1},${one},{"ret":1,"data":"y"}]}`,
  ]);
});

/** As a thread that is asleep cannot issue anything, whatever a scenario asks of it. */
test('A thread that is blocked for good has no part in "after", nor one that blocks there', () => {
  const outcomes = outcomesOf({
    steps: watchedPair('EPOLLIN|EPOLLET'),
    concurrent: { main: [], t1: [wait(-1)] },
    after: [
      { ...read('a'), thread: 't1' },
      write('b', 'x'),
      { ...read('a'), thread: 't1' },
      wait(20),
      wait(-1),
      read('a'),
    ],
  });

  expect(textsOf(outcomes)).toEqual([
    `{"main":[],"t1":["blocked"],"after":[{"ret":1},${nothing},"blocked"]}`,
  ]);
});

/** Whoever believes a list of outcomes believes that it has those of late wakeups as well. */
test('Threads that "after" wakes race with one another', () => {
  const tell = (data: string) => [read('e'), write('w', data)];
  const outcomes = outcomesOf({
    steps: [
      step('eventfd2', { initval: 0, flags: 'EFD_SEMAPHORE' }, 'e'),
      step('pipe2', { flags: 0 }, 'r', 'w'),
    ],
    concurrent: { main: [], t1: tell('1'), t2: tell('2') },
    after: [step('write', { fd: '$e', value: '2' }), read('r')],
  });

  expect(outcomes.complete).toBe(true);
  expect(textsOf(outcomes).map((text) => /"data":"(\d*)"/.exec(text)?.[1])).toEqual(['12', '21']);
});

/** Two threads would look into each other's empty scans for ever, and the search with them. */
test('Waiters that see no more than the other scans come to an end', () => {
  const outcomes = outcomesOf({
    steps: [...watchedPair('EPOLLIN|EPOLLET'), write('b', 'x'), read('a')],
    concurrent: { main: [], t1: [wait(-1)], t2: [wait(-1)] },
  });

  expect(outcomes.complete).toBe(true);
  expect(textsOf(outcomes)).toEqual(['{"main":[],"t1":["blocked"],"t2":["blocked"],"after":[]}']);
});

/** What one interleaving cannot do is no answer of the others. */
test('A name that some interleaving leaves unbound is an error of the scenario', () => {
  const scenario = {
    steps: [step('eventfd2', { initval: 0, flags: 0 }, 'e')],
    concurrent: {
      main: [step('close', { fd: '$e' })],
      t1: [step('dup', { fd: '$e' }, 'd'), step('close', { fd: '$d' })],
    },
  };

  expect(() => outcomesOf(scenario)).toThrow('concurrent t1: step 1: $d is not bound');
});

/** Threads that are asleep cannot begin. */
test('A thread that is blocked at the end of "steps" is an error of the scenario', () => {
  const steps = [...watchedPair('EPOLLIN'), { ...wait(-1), thread: 't1' }];

  expect(() => outcomesOf({ threads: ['main', 't1'], steps, concurrent: { main: [] } })).toThrow(
    'thread t1 is blocked in "steps"',
  );
});

/** What a thread opens is its own, and what comes after sees it. */
test('A name bound in "concurrent" is for the same thread and for "after"', () => {
  const outcomes = outcomesOf({
    steps: [step('eventfd2', { initval: 5, flags: 0 }, 'e')],
    concurrent: { t1: [step('dup', { fd: '$e' }, 'd'), read('d')] },
    after: [step('write', { fd: '$d', value: '7' }), read('e')],
  });

  expect(textsOf(outcomes)).toEqual([
    '{"t1":[{"ret":4},{"ret":8,"value":"5"}],"after":[{"ret":8},{"ret":8,"value":"7"}]}',
  ]);
});
