/** examples/thread-pool.ts: threads on one instance, EPOLLONESHOT and EPOLL_CTL_MOD. */
import { expect, test } from 'vitest';
import { example } from '../../examples/thread-pool.ts';
import { printed, printedOnOthers } from './run.ts';

/** Whoever asks what threads are good for, if each connection has but one. */
test('requests of two connections are worked on at the same time, those of one in turn', () => {
  const lines = printed(example);
  expect(lines.at(-1)).toBe('8 requests of 10 ms took 40 ms, 2 at a time');
  const answered = lines.map((line) => /answers (\w+)$/.exec(line)?.[1] ?? '');
  expect(answered.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4']);
  expect(answered.filter((name) => name.startsWith('b'))).toEqual(['b1', 'b2', 'b3', 'b4']);
});

/** A client whose answers are swapped, because two threads have read from one connection. */
test('a connection is in the hands of one thread at a time, on a hundred schedules', () => {
  for (const lines of printedOnOthers(example, 100)) {
    expect(lines).toHaveLength(9); // The example asserts the rest.
    expect(lines.at(-1)).toContain('took 40 ms');
  }
});
