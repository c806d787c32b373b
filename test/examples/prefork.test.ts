/** examples/prefork.ts: processes that accept from one listener, with and without EPOLLEXCLUSIVE. */
import { expect, test } from 'vitest';
import { example } from '../../examples/prefork.ts';
import { printed, printedOnOthers } from './run.ts';

/** An operator whose load rises with the number of processes, and not with that of clients. */
test('without EPOLLEXCLUSIVE each connection wakes all four processes, three of them in vain', () => {
  for (const lines of [printed(example), ...printedOnOthers(example)]) {
    expect(lines.slice(0, 2)).toEqual([
      'EPOLLIN, a connection every 20 ms',
      expect.stringMatching(/^ {2}wakeups: 16, in vain: 12, served by (\w+ ?){4}$/),
    ]);
  }
});

/** The same, who has read of EPOLLEXCLUSIVE, and wonders why one process does all the work. */
test('with EPOLLEXCLUSIVE it wakes one, and that is always the first to have registered', () => {
  for (const lines of [printed(example), ...printedOnOthers(example)]) {
    expect(lines.slice(2, 4)).toEqual([
      'EPOLLIN|EPOLLEXCLUSIVE, a connection every 20 ms',
      '  wakeups: 4, in vain: 0, served by one one one one',
    ]);
  }
});

/** Whoever concludes that the other processes are there for nothing. */
test('with EPOLLEXCLUSIVE the next in the order gets a connection when the first is busy', () => {
  expect(printed(example).slice(4)).toEqual([
    'EPOLLIN|EPOLLEXCLUSIVE, a connection every 2 ms',
    '  wakeups: 4, in vain: 0, served by one two three one',
  ]);
});
