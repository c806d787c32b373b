/** The matchers: what they hold to be true, and what they say where it is not, negated too. */
import { describe, expect, test } from 'vitest';
import { runAsync, spawnAsync } from '../../src/async/index.ts';
import {
  AF_UNIX,
  check,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  Machine,
  O_NONBLOCK,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  simulate,
} from '../../src/index.ts';
import type { Sys } from '../../src/syscalls/sys.ts';
import { WatchedMachine } from '../../src/vitest/fixtures.ts';
import { descriptor, simTest, thread, wakeups } from '../../src/vitest/index.ts';

/** What it says where it fails. */
function saidBy(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message;
  }
  return 'it holds';
}

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** What epoll_wait() gives of a pipe with a byte, of one without, and of no instance. */
const { full, empty, failed } = simulate(function* (sys) {
  const [reader, writer] = yield* sys.pipe2(0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN, data: 7 });
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, writer, { events: EPOLLOUT, data: 2n ** 60n });
  const before = yield* sys.epoll_create1(0);
  yield* sys.write(writer, 'x');
  return {
    full: yield* sys.epoll_wait(ep, 8, 0),
    empty: yield* sys.epoll_wait(before, 8, 0),
    failed: yield* sys.epoll_wait(99, 8, 0),
  };
});
const large = '1152921504606846976';

describe('Events', () => {
  test('toHaveEvents: just these, in this order', () => {
    expect(full).toHaveEvents([[2n ** 60n, EPOLLOUT], { data: 7, events: EPOLLIN }]);
    expect(empty).toHaveEvents([]);
    expect(full).not.toHaveEvents([[7, EPOLLIN]]);
    expect(failed).not.toHaveEvents([]);
    expect(saidBy(() => expect(full).toHaveEvents([[7, EPOLLIN | EPOLLOUT]]))).toBe(
      `expected the events 7: EPOLLIN|EPOLLOUT; found ${large}: EPOLLOUT, 7: EPOLLIN`,
    );
    expect(saidBy(() => expect(failed).toHaveEvents([]))).toBe(
      'expected the events no events; the call failed with EBADF',
    );
    expect(saidBy(() => expect(empty).not.toHaveEvents([]))).toBe(
      'expected other events than no events, found just these',
    );
  });

  /** data: 0 where it was forgotten is the first thing that everybody stumbles over. */
  test('toHaveEvents says that the data may have been forgotten', () => {
    const found = Object.assign([{ events: EPOLLIN, data: 0 }], { ret: 1 });
    expect(saidBy(() => expect(found).toHaveEvents([[3, EPOLLIN]]))).toContain(
      '0 where it was given none',
    );
    expect(saidBy(() => expect(full).toHaveEvents([[3, EPOLLIN]]))).not.toContain('given none');
  });

  test('toHaveEvent: one of them, with at least these bits', () => {
    expect(full).toHaveEvent(7);
    expect(full).toHaveEvent(7n, EPOLLIN);
    expect(full).not.toHaveEvent(8);
    expect(full).not.toHaveEvent(7, EPOLLIN | EPOLLRDHUP);
    expect(saidBy(() => expect(empty).toHaveEvent(7))).toBe(
      'expected an event for 7; found no events',
    );
    expect(saidBy(() => expect(full).not.toHaveEvent(7, EPOLLIN))).toBe(
      `expected no event 7: EPOLLIN; found ${large}: EPOLLOUT, 7: EPOLLIN`,
    );
  });

  test('toHaveNoEvents: the call went through, and told of nothing', () => {
    expect(empty).toHaveNoEvents();
    expect(full).not.toHaveNoEvents();
    expect(saidBy(() => expect(failed).toHaveNoEvents())).toBe(
      'expected no events; the call failed with EBADF',
    );
    expect(saidBy(() => expect(empty).not.toHaveNoEvents())).toBe('expected events, found none');
  });

  test('toFailWith: -errno, of a number and of what a call filled in', () => {
    expect(-EAGAIN).toFailWith(EAGAIN);
    expect(failed).toFailWith(9);
    expect(5).not.toFailWith(EAGAIN);
    expect(saidBy(() => expect(5).toFailWith(EAGAIN))).toBe(
      'expected the call to fail with EAGAIN; it returned 5',
    );
    expect(saidBy(() => expect(failed).toFailWith(EAGAIN))).toBe(
      'expected the call to fail with EAGAIN; it failed with EBADF',
    );
    expect(saidBy(() => expect(-EAGAIN).not.toFailWith(EAGAIN))).toBe(
      'expected the call not to fail with EAGAIN, and it did',
    );
  });

  /** The `yield*` is forgotten, and what is looked at is a generator: always unlike, never wrong. */
  test('what is no result of a call is refused, negated too', () => {
    const call = (function* () {})();
    expect(() => expect(call).not.toHaveEvents([])).toThrow('found a call without "yield*"');
    expect(() => expect(call).not.toHaveNoEvents()).toThrow('found a call without "yield*"');
    expect(() => expect(call).not.toFailWith(EAGAIN)).toThrow('found a call without "yield*"');
    expect(() => expect(full).not.toHaveEvents([7 as never])).toThrow('expected events as');
    expect(() => expect(full).not.toHaveEvents(7 as never)).toThrow('expected a list');
  });
});

describe('Descriptors', () => {
  simTest('toBeReady: there is something, of what is asked for', function* (sys) {
    const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    const outer = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
    yield* sys.epoll_ctl(outer, EPOLL_CTL_ADD, ep, { events: EPOLLIN });
    expect(descriptor(sys, reader)).not.toBeReady();
    expect(descriptor(sys, writer)).not.toBeReady();
    expect(descriptor(sys, writer)).toBeReady(EPOLLOUT);
    expect(descriptor(sys, ep)).not.toBeReady();
    expect(saidBy(() => expect(descriptor(sys, ep)).toBeReady())).toMatch(
      /^expected the epoll instance behind descriptor 5 to be ready; it has nothing\n\nthe machine at this moment:\n {2}ep5 {2}fd 5 {2}1 item\n {4}rdllist {3}-/,
    );

    yield* sys.write(writer, 'x');
    for (const fd of [reader, ep, outer]) expect(descriptor(sys, fd)).toBeReady();
    expect(descriptor(sys, reader)).not.toBeReady(EPOLLIN | EPOLLRDHUP);
    expect(saidBy(() => expect(descriptor(sys, reader)).not.toBeReady(EPOLLIN))).toMatch(
      /^expected the file behind descriptor 3 not to be ready for EPOLLIN; it has EPOLLIN/,
    );
    // Nobody is told that somebody asked: the event is still there, and is told once.
    expect(yield* sys.epoll_wait(ep, 8, 0)).toHaveEvent(0, EPOLLIN);

    yield* sys.close(reader);
    expect(() => expect(descriptor(sys, reader)).not.toBeReady()).toThrow('3, which is closed');
    expect(() => expect(reader).not.toBeReady()).toThrow(
      'expect(descriptor(sys, fd)).toBeReady(…)',
    );
  });

  test('are those of a program, and of a machine with one', () => {
    const machine = new Machine();
    const sleep = function* (sys: Sys) {
      yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      yield* sys.poll([], -1);
    };
    const spawned = machine.spawn(sleep);
    machine.run();
    expect(descriptor(machine, 3)).toBeReady(EPOLLOUT);
    expect(descriptor(spawned, 3)).not.toBeReady(EPOLLIN);
    machine.spawn(sleep, 'second');
    machine.run();
    expect(() => descriptor(machine, 3)).toThrow(
      'expected a machine with one process, found a machine with several: main, second; say which',
    );
    expect(() => descriptor({} as Machine, 3)).toThrow('expected a machine, a program as spawn()');
  });
});

/** Two who wait for an event, and main, which makes it after a second. */
function* waiting(sys: Sys) {
  const event = yield* sys.eventfd2(0, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  for (const _ of [1, 2]) {
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(ep, 1, -1);
    });
  }
  yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
  yield* sys.write(event, one);
  yield* sys.poll([], -1);
}

describe('Threads and machines', () => {
  test('toBeBlockedIn, toBeBlocked, toHaveBlocked: who sleeps, and where', () => {
    const machine = new WatchedMachine();
    machine.spawn(waiting);
    machine.run(1_500_000_000);
    expect(thread(machine, 't1')).toBeBlockedIn('epoll_wait');
    expect(thread(machine, 't1')).toBeBlocked();
    expect(thread(machine, 't1')).not.toBeBlockedIn('read');
    expect(() => expect(thread(machine, 't9')).not.toBeBlocked()).toThrow(
      'not.toBeBlocked: expected a thread that there is, found "t9" (there are main, t1 and t2)',
    );
    expect(() => expect(thread(machine, 't1')).not.toBeBlockedIn('raed')).toThrow(
      'toBeBlockedIn: expected a system call, found "raed"',
    );
    expect(machine).toHaveBlocked('main', 'nanosleep');
    expect(machine).not.toHaveBlocked('main', 'poll');
    expect(machine).not.toHaveFinished();
    expect(saidBy(() => expect(thread(machine, 't1')).toBeBlockedIn('read'))).toMatch(
      /^expected t1 to be blocked in read; t1 sleeps in epoll_wait\n\nthe machine at this moment:\n {2}ep4 [\s\S]*\n {2}t1 {2}asleep in epoll_wait on ep4->wq/,
    );
    expect(saidBy(() => expect(thread(machine, 't9')).toBeBlocked())).toMatch(
      /^expected t9 to be blocked; there is no thread t9: it has ended, or has not begun \(there are main, t1 and t2\)/,
    );
    expect(saidBy(() => expect(thread(machine, 't1')).not.toBeBlocked())).toMatch(
      /^expected t1 not to be blocked; t1 sleeps in epoll_wait/,
    );
    const table = saidBy(() => expect(machine).not.toHaveBlocked('t1'));
    expect(table).toMatch(/^expected t1 not to be blocked, and it is\n/);
    expect(table).toMatch(/what happened:\n[\s\S]* epoll_wait\(4, 1,/);
  });

  test('toHaveFinished: nobody is left', () => {
    const machine = new Machine();
    machine.spawn(function* () {});
    machine.run();
    expect(machine).toHaveFinished();
    expect(saidBy(() => expect(machine).not.toHaveFinished())).toContain('all have ended');
    machine.spawn(function* (sys) {
      yield* sys.poll([], -1);
    });
    machine.run();
    expect(saidBy(() => expect(machine).toHaveFinished())).toMatch(
      /^expected that all programs have ended; main sleeps in poll\n/,
    );
    expect(() => expect(thread(machine, 'main')).not.toHaveFinished()).toThrow('expect(machine)');
  });
});

describe('Wakeups', () => {
  test('toWake: just these threads, while a machine runs', () => {
    const machine = new Machine();
    machine.spawn(waiting);
    expect(wakeups(machine, () => machine.run(1_500_000_000))).not.toWake('t1', 't2');
    const woken = wakeups(machine, () => machine.run());
    expect(woken).toWakeAtLeast('t1');
    expect(woken).toWake('main', 't1', 't2'); // Both: the event is level-triggered, and is still there.
    expect(saidBy(() => expect(woken).toWake('main'))).toMatch(
      /^expected main and nobody else to be woken; woken: main, t2 and t1\n\nthe machine/,
    );
    expect(saidBy(() => expect(woken).not.toWake('t1', 't2'))).toMatch(
      /^expected neither of t1 and t2 to be woken; woken: main, t2 and t1/,
    );
    expect(saidBy(() => expect(woken).not.toWake())).toMatch(/^expected nobody to be woken; /);
    expect(saidBy(() => expect(woken).toWakeAtLeast('t9'))).toMatch(/^expected t9 to be woken; /);
    expect(machine.kernel.tracer).toBe(null);
  });

  simTest('toWake: by a call, whatever others do meanwhile', { seeds: 20 }, function* (sys) {
    const [reader, writer] = yield* sys.pipe2(0);
    const [other, others] = yield* sys.pipe2(0);
    yield* sys.pthread_create(function* (sys) {
      yield* sys.read(reader, new Uint8Array(1));
    }, 'reader');
    yield* sys.pthread_create(function* (sys) {
      yield* sys.read(other, new Uint8Array(1));
    }, 'bystander');
    yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
    yield* sys.pthread_create(function* (sys) {
      expect(yield* wakeups(sys, sys.write(others, 'x'))).toWake('bystander');
    });
    const woken = yield* wakeups(sys, sys.write(writer, 'x'));
    expect(woken).toWake('reader');
    expect(woken).not.toWake('bystander');
    expect(yield* wakeups(sys, sys.write(writer, 'y'))).not.toWake();
    expect(sys.task.kernel.tracer === null || woken.names.length === 1).toBe(true);
  });

  simTest('toWake: by a call of an async function', { seeds: 20 }, async (sys) => {
    const [reader, writer] = await sys.pipe2(0);
    const [other, others] = await sys.pipe2(0);
    await sys.pthread_create(async (sys) => {
      await sys.read(reader, new Uint8Array(1));
    }, 'reader');
    await sys.pthread_create(async (sys) => {
      await sys.read(other, new Uint8Array(1));
    }, 'bystander');
    await sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
    expect(thread(sys, 'reader')).toBeBlockedIn('read');
    expect(descriptor(sys, reader)).not.toBeReady();
    await sys.pthread_create(async (sys) => {
      expect(await wakeups(sys, sys.write(others, 'x'))).toWake('bystander');
    });
    const woken = await wakeups(sys, sys.write(writer, 'x'));
    expect(woken).toWake('reader');
    expect(woken).not.toWake('bystander');
    const twice = async (): Promise<void> => {
      await sys.write(writer, 'y');
      await sys.write(writer, 'z');
    };
    expect(await wakeups(sys, twice())).not.toWake();
    expect(descriptor(sys, reader)).toBeReady(EPOLLIN);
  });

  test('toWake: while a machine runs that has to wait for promises', async () => {
    const machine = new WatchedMachine();
    spawnAsync(machine, async (sys) => {
      const [reader = -1, writer = -1] = await sys.pipe2(0);
      await sys.pthread_create(async (sys) => {
        await sys.read(reader, new Uint8Array(1));
      });
      await sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
      await sys.write(writer, 'x');
      throw new Error('it ends so');
    });
    expect(await wakeups(machine, () => runAsync(machine, 1_500_000_000))).not.toWake('t1');
    const { tracer } = machine.kernel;
    const woken = wakeups(machine, () => runAsync(machine).catch((error: unknown) => error));
    expect(await woken).toWake('main', 't1');
    expect(machine.kernel.tracer).toBe(tracer);
  });

  /** What a program throws comes out of runAsync() as out of run(). */
  test('what is thrown while an async function runs says what has happened', async () => {
    const machine = new WatchedMachine();
    spawnAsync(machine, async (sys) => {
      await sys.eventfd2(0, 0);
      throw new Error('here');
    });
    await expect(runAsync(machine)).rejects.toThrow(
      /^here\n\nwhat happened:\n\n.*\n.*\n.*eventfd2/,
    );
  });

  test('the subject is what wakeups() gives', () => {
    expect(() => expect(() => {}).not.toWake('t1')).toThrow('expect(yield* wakeups(');
    expect(() => wakeups(new Machine(), (function* () {})() as never)).toThrow('expected a funct');
  });
});

describe('Verdicts', () => {
  const racing = function* (sys: Sys) {
    const event = yield* sys.eventfd2(0, 0);
    const writer = yield* sys.pthread_create(function* (sys) {
      yield* sys.write(event, one);
    });
    const { ret } = yield* sys.epoll_wait(event, 1, 0);
    const late = (yield* sys.poll([{ fd: event, events: 1, revents: 0 }], 0)) === 0;
    yield* sys.pthread_join(writer);
    return late ? 'early' : ret;
  };
  const verdict = check(racing, { sharedMemory: false });
  const bad = check(
    function* (sys) {
      yield* sys.eventfd2(0, 0);
      sys.assert(false, 'it holds');
    },
    { sharedMemory: false },
  );
  const short = check(racing, { executions: 1 });

  test('toFindNothing: no finding, and all is covered', () => {
    expect(verdict).toFindNothing();
    expect(bad).not.toFindNothing();
    expect(short).not.toFindNothing();
    expect(check(racing, { strategy: 'random', executions: 5 })).toFindNothing();
    expect(saidBy(() => expect(bad).toFindNothing())).toMatch(
      /^expected that nothing is found: 1 finding in 1 execution\n\nassertion: Assertion failed in main: it holds\.\n[\s\S]*schedule: `/,
    );
    expect(saidBy(() => expect(short).toFindNothing())).toMatch(
      /^expected that nothing is found, and everything covered: nothing found in 1 execution, but not every interleaving was covered\n1 executions are done/,
    );
    expect(saidBy(() => expect(verdict).not.toFindNothing())).toMatch(
      /^expected that something is found: nothing found: every interleaving was covered/,
    );
  });

  test('toFind: a finding of a kind, by its sentence', () => {
    expect(bad).toFind('assertion');
    expect(bad).toFind('assertion', 'it holds');
    expect(bad).toFind('assertion', /in main/);
    expect(bad).not.toFind('assertion', 'something else');
    expect(bad).not.toFind('deadlock');
    expect(saidBy(() => expect(bad).toFind('deadlock'))).toBe(
      'expected a deadlock; 1 finding in 1 execution, with\n  assertion: Assertion failed in main: it holds.\nabout deadlock: docs/detectors/deadlock.md',
    );
    expect(saidBy(() => expect(bad).not.toFind('assertion', 'it'))).toContain(
      'expected no assertion that says it; 1 finding',
    );
    expect(() => expect(bad).not.toFind('dead-lock' as 'deadlock')).toThrow("found 'dead-lock'");
  });

  test('toHaveOutcome, toHaveOutcomes: what executions returned', () => {
    expect(verdict).toHaveOutcome('early');
    expect(verdict).not.toHaveOutcome('late');
    expect(verdict).toHaveOutcomes([-22, 'early']);
    expect(verdict).not.toHaveOutcomes(['early']);
    expect(saidBy(() => expect(verdict).toHaveOutcome('late'))).toMatch(
      /^expected some execution to return "late"; of \d+ executions these returned: "early" in \d+, -22 in \d+$/,
    );
    expect(saidBy(() => expect(bad).toHaveOutcomes([1]))).toContain(
      'none of 1 executions returned',
    );
    expect(() => expect({}).not.toFindNothing()).toThrow('expect(check(program))');
  });
});
