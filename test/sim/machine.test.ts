import { describe, expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import { ktime_get } from '../../src/kernel/hrtimer.ts';
import { spin_lock, spin_lock_irq, spin_unlock, spinlock_t } from '../../src/kernel/spinlock.ts';
import { EPOLL_CTL_ADD, EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { Machine } from '../../src/sim/machine.ts';
import { inOrder, randomSchedule } from '../../src/sim/schedule.ts';
import { AssertionFailed, type Sys } from '../../src/syscalls/sys.ts';
import { inMachine } from '../support/run.ts';
import { byHand } from '../support/schedule.ts';
import { Recorder } from '../support/trace.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

describe('programs', () => {
  /** A test of an event loop is a program whose assertion fails the test. */
  test('an error of a program comes out of run()', () => {
    const run = () =>
      inMachine(function* (sys) {
        yield* sys.getpid();
        sys.assert(false, 'every byte was read');
      });

    expect(run).toThrow(new AssertionFailed('every byte was read', 'main'));
  });

  /** The same in a thread. */
  test('an error of a thread comes out of run() and names the thread', () => {
    const run = () =>
      inMachine(function* (sys) {
        yield* sys.pthread_create(function* (thread) {
          thread.assert(false, 'never');
        }, 'worker');
      });

    expect(run).toThrow('assertion failed in worker: never');
  });

  /** exit(2): when main returns, the process ends, and with it threads that sleep. */
  test('the return of main ends the other threads', () => {
    const machine = new Machine();
    const log: string[] = [];
    machine.spawn(function* (sys) {
      yield* sys.pthread_create(function* (thread) {
        yield* thread.epoll_wait(yield* thread.epoll_create1(0), 1, -1);
        log.push('went on');
      });
      yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
    });

    machine.run();

    expect(log).toEqual([]);
    // Its parent is init, which does not want to know how it has ended.
    expect(machine.kernel.tasks.size).toBe(0);
  });

  /** The return of a thread ends that thread alone. */
  test('the return of a thread leaves the others alone', () => {
    const order = inMachine(function* (sys) {
      const log: string[] = [];
      const tid = yield* sys.pthread_create(function* () {
        log.push('thread');
      });
      yield* sys.pthread_join(tid);
      log.push('main');
      return log;
    });

    expect(order).toEqual(['thread', 'main']);
  });

  /** Ids are what a program prints; they must not depend on what ran before. */
  test('processes and threads are numbered from 1001 on each machine', () => {
    const ids = () =>
      inMachine(function* (sys) {
        const tid = yield* sys.pthread_create(function* () {});
        return [yield* sys.getpid(), yield* sys.gettid(), tid];
      });

    expect(ids()).toEqual([1001, 1001, 1002]);
    expect(ids()).toEqual([1001, 1001, 1002]);
  });

  /** getpid(2) is of the process, gettid(2) of the thread. */
  test('threads share their pid and differ in their tid', () => {
    const ids = inMachine(function* (sys) {
      const seen: number[] = [];
      const tid = yield* sys.pthread_create(function* (thread) {
        seen.push(yield* thread.getpid(), yield* thread.gettid());
      });
      yield* sys.pthread_join(tid);
      return seen;
    });

    expect(ids).toEqual([1001, 1002]);
  });

  /** fork() is not modelled, but two programs on one machine are two processes. */
  test('two processes on one machine have tables of their own', () => {
    const machine = new Machine();
    const fds: number[] = [];
    const program = function* (sys: Sys) {
      fds.push(yield* sys.eventfd2(0, 0));
    };

    machine.spawn(program, 'a');
    machine.spawn(program, 'b');
    machine.run();

    expect(fds).toEqual([3, 3]);
  });

  /** Two tests in one process, a lab and its replay: none may see the other. */
  test('two machines that run in turns never meet', () => {
    const machines = [new Machine(), new Machine()];
    const log: string[] = [];
    for (const [name, machine] of machines.entries()) {
      machine.spawn(function* (sys) {
        const efd = yield* sys.eventfd2(0, 0);
        yield* sys.nanosleep({ tv_sec: name + 1, tv_nsec: 0 });
        log.push(`${name}: fd ${efd} at ${ktime_get() / 1e9}`);
      });
    }
    for (const machine of machines) machine.settle();
    for (const machine of machines) machine.run();

    expect(log).toEqual(['0: fd 3 at 2', '1: fd 3 at 3']);
  });
});

describe('schedules', () => {
  /** The default of a unit test: what one thread does is not torn apart. */
  test('without a schedule each thread runs until it sleeps or ends', () => {
    const log = inMachine(function* (sys) {
      const seen: string[] = [];
      const worker = (name: string) =>
        function* (thread: Sys) {
          for (let i = 0; i < 3; i++) {
            seen.push(name);
            yield* thread.getpid();
          }
        };
      const a = yield* sys.pthread_create(worker('a'));
      const b = yield* sys.pthread_create(worker('b'));
      yield* sys.pthread_join(a);
      yield* sys.pthread_join(b);
      return seen.join('');
    });

    expect(log).toBe('aaabbb');
  });

  /** A race needs another order, and another seed finds it. */
  test('random schedules interleave the threads', () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const seen: string[] = [];
      const worker = (name: string) =>
        function* (thread: Sys) {
          for (let i = 0; i < 3; i++) {
            yield* thread.getpid();
            seen.push(name);
          }
        };
      const options = { cpus: 3, schedule: randomSchedule(seed) };
      inMachine(function* (sys) {
        const a = yield* sys.pthread_create(worker('a'));
        const b = yield* sys.pthread_create(worker('b'));
        yield* sys.pthread_join(a);
        yield* sys.pthread_join(b);
      }, options);
      orders.add(seen.join(''));
    }

    expect(orders.size).toBeGreaterThan(5);
  });

  /** On one CPU a thread that asks for a lock of a thread that sleeps must not spin for ever. */
  test('a task waits for a mutex without keeping its CPU', () => {
    const ret = inMachine(
      function* (sys) {
        const epfd = yield* sys.epoll_create1(0);
        const efd = yield* sys.eventfd2(0, 0);
        yield* sys.epoll_ctl(epfd, EPOLL_CTL_ADD, efd, { events: EPOLLIN });
        yield* sys.pthread_create(function* (thread) {
          yield* thread.write(efd, one);
        });
        return (yield* sys.epoll_wait(epfd, 1, -1)).ret;
      },
      { cpus: 1 },
    );

    expect(ret).toBe(1);
  });

  /** A spinning CPU waits for the owner of the lock, which goes on meanwhile. */
  test('a task that finds a spinlock taken keeps its CPU and takes no step', () => {
    const lock = new spinlock_t('test-a');
    const pause = new spinlock_t('test-b');
    const log: string[] = [];
    const machine = new Machine({
      cpus: 2,
      schedule: byHand([{ thread: 'a', until: 'spin_lock test-b' }, { thread: 'b' }]),
    });
    const a = machine.newProcess('a');
    const b = machine.newThread(a, 'b');
    const first = function* () {
      yield spin_lock(lock);
      yield spin_lock(pause);
      log.push(`a sees b on_cpu: ${b.on_cpu}`);
      spin_unlock(pause);
      spin_unlock(lock);
      log.push('a unlocks');
    };
    const second = function* () {
      yield spin_lock(lock);
      log.push('b has it');
      spin_unlock(lock);
    };
    machine.start(a, 'a', first());
    machine.start(b, 'b', second());

    machine.run();

    expect(log).toEqual(['a sees b on_cpu: true', 'a unlocks', 'b has it']);
  });
});

describe('time', () => {
  /** A test with a time-out of an hour takes no time, and one with none never hangs. */
  test('the clock stands still while something can run and jumps when nothing can', () => {
    const times = inMachine(function* (sys) {
      const seen = [ktime_get()];
      for (let i = 0; i < 100; i++) yield* sys.getpid();
      seen.push(ktime_get());
      yield* sys.nanosleep({ tv_sec: 3600, tv_nsec: 0 });
      seen.push(ktime_get());
      return seen;
    });

    expect(times).toEqual([1e9, 1e9, 3601e9]);
  });

  /** A scenario says "after 10 ms": nothing later may have happened. */
  test('run(until) fires what is due and leaves the clock at that time', () => {
    const machine = new Machine();
    const log: string[] = [];
    const sleeper = (ms: number) =>
      function* (sys: Sys) {
        yield* sys.nanosleep({ tv_sec: 0, tv_nsec: ms * 1_000_000 });
        log.push(`${ms}`);
      };
    machine.spawn(sleeper(5), 'a');
    machine.spawn(sleeper(20), 'b');

    machine.run(1e9 + 10e6);

    expect(log).toEqual(['5']);
    expect(machine.kernel.hrtimers.now_ns).toBe(1e9 + 10e6);
    machine.run();
    expect(log).toEqual(['5', '20']);
  });

  /** An unread timer of the future must not keep a machine from coming to rest. */
  test('settle() fires no timer', () => {
    const machine = new Machine();
    machine.spawn(function* (sys) {
      yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
    });

    machine.settle();

    expect(machine.kernel.hrtimers.now_ns).toBe(1e9);
  });
});

describe('interrupts', () => {
  /** A machine whose one task takes a lock while a timer is due. */
  function interrupted(take: (lock: spinlock_t) => ReturnType<typeof spin_lock>): string[] {
    const log: string[] = [];
    const lock = new spinlock_t('test-a');
    const pause = new spinlock_t('test-b');
    const machine = new Machine({ cpus: 1, schedule: { ...inOrder, runsOn: false } });
    const task = machine.newProcess('t');
    const handler = function* () {
      log.push(`handler on top of ${current.comm}, preempt ${current.preempt_count > 0}`);
    };
    const code = function* () {
      yield take(lock);
      machine.interrupt('irq', handler);
      log.push('interrupt raised');
      yield spin_lock(pause);
      log.push('task goes on');
    };
    machine.start(task, 't', code());
    machine.run();
    return log;
  }

  /** An interrupt runs on top of whatever task has the CPU, before that goes on. */
  test('an interrupt runs before the task that it interrupted goes on', () => {
    expect(interrupted(spin_lock)).toEqual([
      'interrupt raised',
      'handler on top of t, preempt true',
      'task goes on',
    ]);
  });

  /** spin_lock_irq() exists for that: a handler must not see the lists half changed. */
  test.each([
    [1, false, []],
    [2, true, ['on cpu 1']],
  ])('an interrupt under an irq lock on a machine of %i CPUs gets in: %s', (cpus, gotIn, ran) => {
    const log: string[] = [];
    const machine = new Machine({ cpus, schedule: { ...inOrder, runsOn: false } });
    const task = machine.newProcess('t');
    let accepted = !gotIn;
    const handler = function* () {
      log.push(`on cpu ${current.cpu}`);
    };
    const code = function* () {
      yield spin_lock_irq(new spinlock_t('test-a'));
      accepted = machine.interrupt('irq', handler);
    };
    machine.start(task, 't', code());

    machine.run();

    expect(accepted).toBe(gotIn);
    expect(log).toEqual(ran);
  });
});

describe('listeners', () => {
  /** A strace of nothing but calls and results is what users ask for first. */
  test('a tracer hears of every system call, in order', () => {
    const trace = new Recorder();
    inMachine(function* (sys) {
      yield* sys.getpid();
      yield* sys.close(99);
    }, trace.on());

    expect(trace.lines.filter((line) => /^main: (getpid|close)/.test(line))).toEqual([
      'main: getpid(',
      'main: getpid) = 1001',
      'main: close(',
      'main: close) = -9',
    ]);
  });

  /** What is watched must not change what happens. */
  test('a program answers the same with and without a tracer, on every sampled schedule', () => {
    const program = function* (sys: Sys) {
      const epfd = yield* sys.epoll_create1(0);
      const efd = yield* sys.eventfd2(0, 0);
      yield* sys.epoll_ctl(epfd, EPOLL_CTL_ADD, efd, { events: EPOLLIN });
      const log: string[] = [];
      const waiter = function* (thread: Sys) {
        const { ret } = yield* thread.epoll_wait(epfd, 1, 20);
        log.push(`${thread.task.comm}: ${ret} at ${ktime_get()}`);
      };
      const tids = [
        yield* sys.pthread_create(waiter),
        yield* sys.pthread_create(waiter),
        yield* sys.pthread_create(function* (thread) {
          yield* thread.write(efd, one);
          yield* thread.read(efd, new Uint8Array(8));
        }),
      ];
      for (const tid of tids) yield* sys.pthread_join(tid);
      return log;
    };
    for (let seed = 0; seed < 20; seed++) {
      const options = () => ({ cpus: 4, schedule: randomSchedule(seed) });
      expect(inMachine(program, new Recorder().on(options()))).toEqual(
        inMachine(program, options()),
      );
    }
  });
});
