import { describe, expect, test } from 'vitest';
import { check } from '../../src/check/check.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';

/** Two threads look at an event that nobody takes; each asserts that it is found. */
const falseNegative = function* (sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  const ask: Program = function* (thread) {
    const { ret } = yield* thread.epoll_wait(ep, 1, 0);
    thread.assert(ret === 1, 'a pending event is found');
  };
  const first = yield* sys.pthread_create(ask);
  const second = yield* sys.pthread_create(ask);
  yield* sys.pthread_join(first);
  yield* sys.pthread_join(second);
};

/** Two threads add one to a variable: between reading and writing it each makes a call. */
const lostUpdate = function* (sys: Sys): Code<number> {
  let total = 0;
  const add: Program = function* (thread) {
    const before = total;
    yield* thread.gettid();
    total = before + 1;
  };
  const tids = [yield* sys.pthread_create(add), yield* sys.pthread_create(add)];
  for (const tid of tids) yield* sys.pthread_join(tid);
  return total;
};

/** Two threads wait for one event, which is not taken. */
const oneEventForTwo = function* (sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(0, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  const wait: Program = function* (thread) {
    yield* thread.epoll_wait(ep, 1, -1);
  };
  const tids = [yield* sys.pthread_create(wait), yield* sys.pthread_create(wait)];
  yield* sys.write(event, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
  for (const tid of tids) yield* sys.pthread_join(tid);
};

describe('check', () => {
  /** Somebody whose event loop misses an event once in a million rounds. */
  test('finds the false negative of 6.18, with one preemption, and no fewer will do', () => {
    const { complete, findings } = check(falseNegative);
    expect(complete).toBe(false);
    expect(findings).toMatchObject([{ kind: 'assertion', preemptions: 1, fewest: true }]);
    expect(findings[0]?.sentence).toContain('a pending event is found');
  });

  /** A finding that cannot be played again is a rumour. */
  test('a finding is found again along its schedule', () => {
    const [found] = check(falseNegative).findings;
    const { findings } = check(falseNegative, { strategy: 'replay', schedule: found?.schedule });
    expect(findings[0]?.cause).toBe(found?.cause);
  });

  test('a schedule that does not fit says what it expects and what could run', () => {
    const schedule = check(falseNegative).findings[0]?.schedule.replace(
      't1: look at ep',
      't1: sing',
    );
    const replay = (): unknown => check(falseNegative, { strategy: 'replay', schedule });
    expect(replay).toThrow(/expects "t1: sing"; what could run instead: .*t1: look at ep/);
  });

  /** Threads that share variables race although their calls have nothing to do with one another. */
  test('an update of a shared variable is lost on some schedule', () => {
    const { complete, results } = check(lostUpdate);
    expect(complete).toBe(true);
    expect([...results.keys()].sort()).toEqual(['1', '2']);
  });

  test('a limit says which it was and what to change', () => {
    const { complete, limit } = check(lostUpdate, { executions: 3 });
    expect(complete).toBe(false);
    expect(limit).toMatchObject({ limit: 'executions' });
    expect(limit?.message).toContain('raise "executions"');
  });

  test('random and pct find the false negative from a seed, the same one each time', () => {
    for (const strategy of ['random', 'pct'] as const) {
      const once = check(falseNegative, { strategy, seed: 7 });
      expect(once.findings).toHaveLength(1);
      expect(check(falseNegative, { strategy, seed: 7 })).toEqual(once);
    }
  });

  test('without a preemption nothing breaks', () => {
    const { findings, limit } = check(falseNegative, { preemptions: 0 });
    expect(findings).toEqual([]);
    expect(limit).toBeNull();
  });

  /** Under the rwlock a callback changes the lists beside whoever looks: the order of the two counts. */
  test('a waiter that nobody wakes is found where callbacks share the lock', () => {
    const { findings } = check(oneEventForTwo, { kernel: '5.12', sharedMemory: false });
    expect(findings).toMatchObject([{ kind: 'lost-wakeup' }]);
    expect(check(oneEventForTwo, { sharedMemory: false })).toMatchObject({
      complete: true,
      findings: [],
    });
  });
});
