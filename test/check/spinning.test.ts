import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckOptions, check, type Finding } from '../../src/check/check.ts';
import { observed } from '../../src/check/detectors/index.ts';
import { Dpor } from '../../src/check/dpor.ts';
import type { Subject } from '../../src/check/explore.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { O_NONBLOCK } from '../../src/kernel/uapi/fcntl.ts';
import { CLOCK_MONOTONIC } from '../../src/kernel/uapi/time.ts';
import { Machine } from '../../src/sim/machine.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';
import { found } from './support.ts';

const forEver = Number.POSITIVE_INFINITY;
const gaveUp = 'gave up';

/** A program whose loops end after `limit` rounds, and give up. */
type Looping = (limit: number) => (sys: Sys) => Code<string>;

/** Waits for a variable of the program. */
const flag: Looping = (limit) =>
  function* (sys) {
    let value = 0;
    let seen = gaveUp;
    const waiter = yield* sys.pthread_create(function* (thread) {
      for (let i = 0; i < limit; i++) {
        yield* thread.sched_yield();
        if (value === 0) continue;
        seen = String(value);
        return;
      }
    });
    yield* sys.sched_yield();
    value = 1;
    yield* sys.sched_yield();
    value = 2;
    yield* sys.pthread_join(waiter);
    return seen;
  };

/** Two threads hand the turn to one another. */
const pingPong: Looping = (limit) =>
  function* (sys) {
    const log: string[] = [];
    let turn = 0;
    const player = (mine: number): Program =>
      function* (thread) {
        for (let i = 0; turn !== mine; i++) {
          if (i === limit) return void log.push(gaveUp);
          yield* thread.sched_yield();
        }
        log.push(String(mine));
        turn++;
        yield* thread.sched_yield();
      };
    const tids = [yield* sys.pthread_create(player(1)), yield* sys.pthread_create(player(0))];
    for (const tid of tids) yield* sys.pthread_join(tid);
    return log.join();
  };

const eight = (value: number): Uint8Array => Uint8Array.of(value, 0, 0, 0, 0, 0, 0, 0);

/** Asks an epoll instance again and again, with a timeout. */
const polling =
  (timeout: number): Looping =>
  (limit) =>
    function* (sys) {
      const event = yield* sys.eventfd2(0, O_NONBLOCK);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
      let seen = gaveUp;
      const waiter = yield* sys.pthread_create(function* (thread) {
        for (let i = 0; i < limit; i++) {
          if ((yield* thread.epoll_wait(ep, 1, timeout)).ret === 0) continue;
          const value = new Uint8Array(8);
          yield* thread.read(event, value);
          seen = String(value[0]);
          return;
        }
      });
      yield* sys.write(event, eight(1));
      yield* sys.write(event, eight(2));
      yield* sys.pthread_join(waiter);
      return seen;
    };

/** Reads a pipe without sleeping until something comes; `readers` of them, for as many bytes. */
const reading =
  (readers: number): Looping =>
  (limit) =>
    function* (sys) {
      const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
      const seen: string[] = [];
      const tids: number[] = [];
      for (let at = 0; at < readers; at++) {
        tids.push(
          yield* sys.pthread_create(function* (thread) {
            const bytes = new Uint8Array(1);
            for (let i = 0; i < limit; i++) {
              if ((yield* thread.read(reader, bytes)) < 0) continue;
              seen[at] = String(bytes[0]);
              return;
            }
            seen[at] = gaveUp;
          }),
        );
      }
      for (let at = 0; at < readers; at++) yield* sys.write(writer, Uint8Array.of(at));
      for (const tid of tids) yield* sys.pthread_join(tid);
      return seen.join();
    };

/** Counts the ticks of a timer that goes on for ever, until it is told to stop. */
const ticking: Looping = (limit) =>
  function* (sys) {
    const timer = yield* sys.timerfd_create(CLOCK_MONOTONIC, 0);
    const second = { tv_sec: 1, tv_nsec: 0 };
    yield* sys.timerfd_settime(timer, 0, { it_interval: second, it_value: second });
    let stop = false;
    let seen = 'stopped';
    const clock = yield* sys.pthread_create(function* (thread) {
      for (let i = 0; !stop; i++) {
        if (i === limit) return void (seen = gaveUp);
        yield* thread.read(timer, new Uint8Array(8));
      }
    });
    yield* sys.sched_yield();
    stop = true;
    yield* sys.pthread_join(clock);
    return seen;
  };

const outcomesOf = (program: (sys: Sys) => Code<string>, options: CheckOptions): string[] => {
  const { complete, findings, results } = check(program, { seconds: 30, ...options });
  expect(findings).toEqual([]);
  expect(complete).toBe(true);
  return [...results.keys()].filter((text) => !text.includes(gaveUp)).sort();
};

/**
 * Whoever waits by asking again and again: the check of such a program ends, and leaves nothing out
 * that a loop of some more rounds could show.
 */
describe('a loop without end', () => {
  test.each<[string, Looping, number, CheckOptions]>([
    ['for a variable', flag, 6, {}],
    ['for its turn', pingPong, 6, {}],
    ['with epoll_wait() that does not sleep', polling(0), 5, { sharedMemory: false }],
    ['with epoll_wait() that sleeps for a while', polling(10), 4, { sharedMemory: false }],
    ['with read() of an empty pipe', reading(1), 5, { sharedMemory: false }],
    ['with read() of a timer', ticking, 5, {}],
  ])('%s has the outcomes of one that gives up', (_what, program, limit, options) => {
    const outcomes = outcomesOf(program(forEver), options);
    const whole = { ...options, rounds: forEver, executions: forEver };
    expect(outcomes).toEqual(outcomesOf(program(limit), whole));
    expect(outcomes.length).toBeGreaterThan(0);
  });

  /** A loop that gives up is no loop without end: a program that does so at once must be seen. */
  test.each([1, 2, 3, 10])('one that gives up after %d rounds is seen to do so', (limit) => {
    const { complete, results } = check(reading(1)(limit), { sharedMemory: false });
    expect(complete).toBe(true);
    expect([...results.keys()].sort()).toEqual(['"0"', '"gave up"']);
  });

  /** Threads in the place of one another: no order of theirs is forgotten. */
  test('two readers that ask again and again get the two bytes in either order', () => {
    expect(outcomesOf(reading(2)(forEver), { sharedMemory: false })).toEqual(['"0,1"', '"1,0"']);
  });

  /** Who only counts its rounds is no thread that waits: its counter ends the loop of another one. */
  test('a thread that counts how often another one goes round comes to its end', () => {
    const { complete, findings, results } = check(function* (sys) {
      let count = 0;
      let done = false;
      const counter = yield* sys.pthread_create(function* (thread) {
        for (; !done; count++) yield* thread.sched_yield();
      });
      while (count < 10) yield* sys.sched_yield();
      done = true;
      yield* sys.pthread_join(counter);
      return count >= 10;
    });
    expect(findings).toEqual([]);
    expect(complete).toBe(true);
    expect([...results.keys()]).toEqual(['true']);
  });
});

/** A program that hangs with both CPUs at work. */
test('two threads that wait for one another by going round are a livelock', () => {
  const program = function* (sys: Sys): Code<void> {
    let first = false;
    let second = false;
    const other = yield* sys.pthread_create(function* (thread) {
      while (!first) yield* thread.sched_yield();
      second = true;
    });
    while (!second) yield* sys.sched_yield();
    first = true;
    yield* sys.pthread_join(other);
  };
  const [finding] = check(program).findings as [Finding];
  expect(finding).toMatchObject({ kind: 'livelock', preemptions: 0 });
  expect(finding.sentence).toMatch(/goes round for ever: sched_yield\(\) = 0\.$/);
  expect(finding.steps).toBeLessThan(30);
  const again = check(program, { strategy: 'replay', schedule: finding.schedule });
  expect(again.findings[0]?.cause).toBe(finding.cause);
});

/** What a thread of a generated program does. */
type Action = { readonly do: 'read' | 'set' | 'await'; readonly at: number };

/** Threads that do these actions, each after a call; loops give up after `limit` rounds. */
const threads =
  (lists: readonly (readonly Action[])[], limit: number): Subject<string> =>
  (schedule) => {
    const machine = observed(new Machine({ schedule, cpus: 1 }));
    const values = new Map([0, 1].map((at) => [at, 0]));
    const seen = lists.map(() => '');
    for (const [i, list] of lists.entries()) {
      machine.spawn(function* (sys) {
        for (const action of list) {
          yield* sys.gettid();
          if (action.do === 'set') values.set(action.at, i + 1);
          else if (action.do === 'read') seen[i] += String(values.get(action.at));
          else {
            for (let round = 0; values.get(action.at) === 0; round++) {
              if (round === limit) return void (seen[i] += gaveUp);
              yield* sys.gettid();
            }
          }
        }
      }, `t${i}`);
    }
    const run = (): string => {
      machine.run();
      return [...seen, ...values.values()].join(' ');
    };
    return { machine, run };
  };

const action: fc.Arbitrary<Action> = fc.record({
  do: fc.constantFrom('read', 'set', 'await'),
  at: fc.nat(1),
});
const lists = fc.array(fc.array(action, { minLength: 1, maxLength: 3 }), {
  minLength: 2,
  maxLength: 2,
});

/** The loops cut short leave nothing out, against those of which each of four rounds counts. */
test('on generated programs that wait for variables all outcomes are found', () => {
  let compared = 0;
  let stuck = 0;
  fc.assert(
    fc.property(lists, (generated) => {
      if (!generated.flat().some((one) => one.do === 'await')) return;
      const most = 400;
      const all = found(threads(generated, 4), new Dpor(), most, { rounds: forEver });
      if (all.executions > most) return;
      compared++;
      const expected = all.outcomes.filter((text) => !text.includes(gaveUp));
      const { outcomes } = found(threads(generated, forEver), new Dpor());
      const ended = outcomes.filter((text) => !text.startsWith('NothingChanges'));
      if (ended.length < outcomes.length) stuck++;
      expect(ended).toEqual(expected);
    }),
    { seed: 7, numRuns: 120 },
  );
  expect(compared).toBeGreaterThan(25);
  expect(stuck).toBeGreaterThan(3);
}, 300_000);
