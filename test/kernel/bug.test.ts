import { expect, test } from 'vitest';
import { BUG_ON, KernelBug, kernelFrames, poison, WARN_ON_ONCE } from '../../src/kernel/bug.ts';
import { current } from '../../src/kernel/current.ts';
import type { epitem, eventpoll } from '../../src/kernel/eventpoll/types.ts';
import { mutex, mutex_lock } from '../../src/kernel/mutex.ts';
import { schedule } from '../../src/kernel/sched.ts';
import { spin_lock, spinlock_t } from '../../src/kernel/spinlock.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { add_wait_queue, wait_queue_entry } from '../../src/kernel/wait.ts';
import { inMachine, runAlone, runTogether } from '../support/run.ts';
import { byHand } from '../support/schedule.ts';

/** The bug that `code` runs into. */
function bugOf(code: () => unknown): KernelBug {
  try {
    code();
  } catch (error) {
    if (error instanceof KernelBug) return error;
    throw error;
  }
  throw new Error('no bug was found');
}

/** Writes to an eventfd that an epoll watches, and on which `broken` is queued as well. */
const writeWith = (broken: (ep: eventpoll) => number): KernelBug =>
  bugOf(() =>
    inMachine(function* (sys) {
      const epfd = yield* sys.epoll_create1(0);
      const outer = yield* sys.epoll_create1(0);
      const efd = yield* sys.eventfd2(0, 0);
      yield* sys.epoll_ctl(epfd, EPOLL_CTL_ADD, efd, { events: EPOLLIN });
      yield* sys.epoll_ctl(outer, EPOLL_CTL_ADD, epfd, { events: EPOLLIN });
      const ep = current.files.fd[epfd]?.private_data as eventpoll;
      const entry = new wait_queue_entry(function* broken_wake_function() {
        return broken(ep);
      }, null);
      yield* add_wait_queue(ep.poll_wait, entry);
      yield* sys.write(efd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    }),
  );

/** The text that a kernel engineer reads first: how did the execution get there? */
test('a KernelBug carries the kernel functions on the stack, innermost first', () => {
  const bug = writeWith(() => {
    BUG_ON(true, 'broken');
    return 0;
  });

  expect([bug.name, bug.kind, bug.message]).toEqual(['KernelBug', 'BUG', 'BUG: broken']);
  expect(bug.backtrace).toEqual([
    'BUG_ON',
    'broken_wake_function',
    '__wake_up_common',
    'ep_poll_safewake',
    'ep_poll_callback',
    '__wake_up_common',
    'eventfd_write',
    'sys_write',
  ]);
});

/** Whoever reads a backtrace of built code, under the checker: kernel code alone is Linux's. */
test.each([
  ['a call that goes through', ['DirectCall.now', 'DirectCall.straight', 'DirectCall.next']],
  ['one in an exact schedule', ['EventsCall.straight', 'EventsCall.exactly', 'EventsCall.next']],
  ['one that has its arguments in a closure', ['ClosedCall.twin [as straight]']],
  ['one that goes by steps', ['runSyscall']],
])('a backtrace ends where the program calls: %s', (_what, call) => {
  const program = ['main', 'main.next', 'Machine.go', 'Machine.settle', 'explore', 'explore.next'];
  const functions = ['BUG_ON', 'ep_insert$now', 'ctlLocked$now', 'do_epoll_ctl$now', ...call];
  const frames = [...functions, ...program].map((fn) =>
    fn === 'main.next' || fn === 'explore.next'
      ? `    at ${fn} (<anonymous>)`
      : `    at ${fn} (file:///dist/core.js:1:2)`,
  );

  expect(kernelFrames(['KernelBug: x', ...frames].join('\n'))).toEqual([
    'BUG_ON',
    'ep_insert',
    'do_epoll_ctl',
  ]);
});

/** A timer's function that finds something broken has no system call below it. */
test('a backtrace of an interrupt ends at the machine', () => {
  const frames = ['BUG_ON', 'hrtimer_interrupt', 'Machine.go', 'run'];
  const stack = ['KernelBug: x', ...frames.map((fn) => `    at ${fn} (file:///core.js:1:2)`)];

  expect(kernelFrames(stack.join('\n'))).toEqual(['BUG_ON', 'hrtimer_interrupt']);
});

/** lockdep speaks where the lock is asked for, so its report shows who asked. */
test.each([
  ['lock order', (ep: eventpoll) => spin_lock(ep.poll_wait.lock)],
  ['use after free', (ep: eventpoll) => spin_lock(Object.assign(ep.lock, { freed: true }))],
  ['sleeping while atomic', (ep: eventpoll) => mutex_lock(ep.mtx)],
  ['schedule() while atomic', () => schedule(current)],
])('the backtrace of a bug in locking reaches to the system call: %s', (_what, ask) => {
  const bug = writeWith((ep) => {
    const op = ask(ep);
    return op === undefined ? 1 : 0;
  });

  expect(bug.backtrace).toContain('broken_wake_function');
  expect(bug.backtrace.slice(-3)).toEqual(['__wake_up_common', 'eventfd_write', 'sys_write']);
});

/** What the machine finds out later has no stack of its own: better none than a wrong one. */
test('the backtrace of a bug that shows when an operation is carried out is empty', () => {
  const lock = new spinlock_t('test-a');
  const bug = bugOf(() =>
    runTogether(
      {
        taker: function* () {
          yield spin_lock(lock);
        },
        freer: function* () {
          lock.freed = true;
        },
      },
      { schedule: byHand([{ thread: 'taker', until: 'spin_lock test-a' }, { thread: 'freer' }]) },
    ),
  );

  expect(bug.message).toBe('use after free: taker takes test-a');
  expect(bug.backtrace).toEqual([]);
});

/** Other errors of the process keep the stacks that they had. */
test('a KernelBug leaves the length of stacks as it was', () => {
  const before = Error.stackTraceLimit;

  new KernelBug('BUG', 'x');

  expect(Error.stackTraceLimit).toBe(before);
});

/** An invariant that holds must cost nothing. */
test('BUG_ON and WARN_ON_ONCE throw exactly when their condition holds', () => {
  expect(() => BUG_ON(false, 'x')).not.toThrow();
  expect(() => BUG_ON(true, 'x')).toThrow('BUG: x');
  expect(WARN_ON_ONCE(false, 'x')).toBe(false);
  expect(() => WARN_ON_ONCE(true, 'x')).toThrow('WARNING: x');
});

/** CVE-2026-43074: a walk that reaches an instance after its last reference went. */
test('touching a poisoned object says what was freed and who touched it', () => {
  const code = function* () {
    return poison<epitem>('epitem').next;
  };

  expect(() => runAlone(code)).toThrow('use after free: epitem, by alone');
});

/** Writing is as bad as reading. */
test('writing to a poisoned object is a kernel bug', () => {
  const code = function* () {
    poison<epitem>('epitem').dying = true;
  };

  expect(() => runAlone(code)).toThrow(/use after free/);
});

/** `catch` around a close that is found broken would hide what the whole search is for. */
test('a KernelBug ends the execution though the program catches it', () => {
  const seen: string[] = [];
  const bug = bugOf(() =>
    inMachine(function* (sys) {
      const lock = new mutex('test-a');
      try {
        yield mutex_lock(lock);
        yield* sys.getpid();
      } catch {
        seen.push('caught');
      }
      yield* sys.getpid();
      seen.push('went on');
    }),
  );

  expect(bug.kind).toBe('lockdep');
  expect(seen).toEqual(['caught']);
});
