import { expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import { runSyscall } from '../../src/kernel/entry.ts';
import {
  lockdep_assert_held,
  lockdep_assert_irqs_enabled,
  lockdep_sys_exit,
} from '../../src/kernel/lockdep.ts';
import { mutex, mutex_lock, mutex_lock_nested, mutex_unlock } from '../../src/kernel/mutex.ts';
import { rcu_read_lock } from '../../src/kernel/rcu.ts';
import { schedule, TASK_INTERRUPTIBLE } from '../../src/kernel/sched.ts';
import {
  spin_lock,
  spin_lock_irq,
  spin_lock_nested,
  spin_unlock,
  spin_unlock_irq,
  spinlock_t,
} from '../../src/kernel/spinlock.ts';
import { Machine } from '../../src/sim/machine.ts';
import { inOrder } from '../../src/sim/schedule.ts';
import { runAlone } from '../support/run.ts';

const locks = (): { a: spinlock_t; b: spinlock_t } => ({
  a: new spinlock_t('test-a'),
  b: new spinlock_t('test-b'),
});

/** Two tasks that take two locks in opposite orders hang one day in a thousand. */
test('taking two locks in both orders is a kernel bug although nobody hangs', () => {
  const { a, b } = locks();
  const code = function* () {
    yield spin_lock(a);
    yield spin_lock(b);
    spin_unlock(b);
    spin_unlock(a);
    yield spin_lock(b);
    yield spin_lock(a);
  };

  expect(() => runAlone(code)).toThrow(/circular locking.*takes test-a.*holding test-b/);
});

/** The circle may close over a third lock that neither task sees. */
test('an order that closes a circle over a third lock is a kernel bug', () => {
  const { a, b } = locks();
  const c = new spinlock_t('file->f_lock');
  const inOrder = function* (first: spinlock_t, second: spinlock_t) {
    yield spin_lock(first);
    yield spin_lock(second);
    spin_unlock(second);
    spin_unlock(first);
  };
  const code = function* () {
    yield* inOrder(a, b);
    yield* inOrder(b, c);
    yield* inOrder(c, a);
  };

  expect(() => runAlone(code)).toThrow(/circular locking/);
});

/** The same order every time is what the rules ask for. */
test('taking two locks in one order, again and again, is no bug', () => {
  const { a, b } = locks();
  const twice = function* () {
    for (let round = 0; round < 2; round++) {
      yield spin_lock(a);
      yield spin_lock(b);
      spin_unlock(b);
      spin_unlock(a);
    }
    return 'fine';
  };

  expect(runAlone(twice)).toBe('fine');
});

/** Two epolls that watch each other would take their mutexes in both orders. */
test('taking a second lock of the same class is a kernel bug', () => {
  const code = function* () {
    yield spin_lock(new spinlock_t('test-a'));
    yield spin_lock(new spinlock_t('test-a'));
  };

  expect(() => runAlone(code)).toThrow(/recursive locking/);
});

/** ep_insert() holds the mutex of the outer epoll when it takes that of the inner one. */
test('taking a second lock of the class under a subclass is no bug', () => {
  const code = function* () {
    yield spin_lock(new spinlock_t('test-a'));
    yield spin_lock_nested(new spinlock_t('test-a'), 1);
    return 'fine';
  };

  expect(runAlone(code)).toBe('fine');
});

/** A task that spins for its own lock spins for ever. */
test('taking a lock that one holds is a kernel bug', () => {
  const { a } = locks();
  const code = function* () {
    yield spin_lock(a);
    yield spin_lock_nested(a, 1);
  };

  expect(() => runAlone(code)).toThrow(/which it holds already/);
});

/** An interrupt on top of the task that holds the lock: the task cannot let go while it runs. */
test('an interrupt that takes a lock of the task it interrupted is a kernel bug', () => {
  const { a, b } = locks();
  const machine = new Machine({ cpus: 1, schedule: { ...inOrder, runsOn: false } });
  const task = machine.newProcess('t');
  const handler = function* () {
    yield spin_lock_irq(a);
  };
  const code = function* () {
    yield spin_lock(a);
    machine.interrupt('handler', handler);
    yield spin_lock(b);
  };
  machine.start(task, 't', code());

  expect(() => machine.run()).toThrow(/which it holds already/);
});

/** A timer that fires while a task holds a lock says nothing about the order of the two locks. */
test('a lock that an interrupt takes is not ordered after those of the task below it', () => {
  const { a, b } = locks();
  const c = new spinlock_t('file->f_lock');
  const machine = new Machine({ cpus: 1, schedule: { ...inOrder, runsOn: false } });
  const task = machine.newProcess('t');
  const handler = function* () {
    yield spin_lock_irq(b);
    spin_unlock_irq(b);
  };
  const code = function* () {
    yield spin_lock(a);
    machine.interrupt('handler', handler);
    yield spin_lock(c); // The interrupt comes here.
    spin_unlock(c);
    spin_unlock(a);
    yield spin_lock_irq(b);
    yield spin_lock(a);
  };
  machine.start(task, 't', code());

  expect(() => machine.run()).not.toThrow();
});

/** A forgotten unlock on an error path shows at the end of the system call. */
test('returning to user mode with a lock held is a kernel bug', () => {
  const { a } = locks();
  const call = function* () {
    yield spin_lock(a);
    return 0;
  };

  expect(() => runAlone(() => runSyscall(call))).toThrow(/returns to user mode.*holding test-a/);
});

/** The same for a forgotten rcu_read_unlock(): no grace period would ever end. */
test('returning to user mode inside an RCU read section is a kernel bug', () => {
  const code = function* () {
    rcu_read_lock();
    lockdep_sys_exit(current);
  };

  expect(() => runAlone(code)).toThrow(/atomic context/);
});

/** A wake function or a poll method that sleeps under a wait queue's lock. */
test('sleeping while a spinlock is held is a kernel bug that names the lock', () => {
  const { a } = locks();
  const code = function* () {
    yield spin_lock(a);
    current.__state = TASK_INTERRUPTIBLE;
    yield schedule(current);
  };

  expect(() => runAlone(code)).toThrow(/sleeping while atomic.*while holding test-a/);
});

/** Locking a mutex may sleep, whether or not it is free this time. */
test('taking a free mutex while a spinlock is held is a kernel bug', () => {
  const { a } = locks();
  const code = function* () {
    yield spin_lock(a);
    yield mutex_lock(new mutex('test-b'));
  };

  expect(() => runAlone(code)).toThrow(/sleeping while atomic/);
});

/** clear_tfile_check_list() runs in an RCU section: a mutex there would be wrong. */
test('taking a mutex inside an RCU read section is a kernel bug', () => {
  const code = function* () {
    rcu_read_lock();
    yield mutex_lock(new mutex('test-a'));
  };

  expect(() => runAlone(code)).toThrow(/sleeping while atomic/);
});

/** An unlock on a path that had not locked. */
test('giving back a lock that one does not hold is a kernel bug', () => {
  const { a } = locks();
  const code = function* () {
    spin_unlock(a);
  };

  expect(() => runAlone(code)).toThrow(/releases test-a, which it does not hold/);
});

/** Locks may be given back in any order: ep_insert() drops an outer one first. */
test('locks can be given back in the order in which they were taken', () => {
  const { a, b } = locks();
  const code = function* () {
    yield spin_lock(a);
    yield spin_lock(b);
    spin_unlock(a);
    lockdep_assert_held(b);
    spin_unlock(b);
    return current.lockdep_depth;
  };

  expect(runAlone(code)).toBe(0);
});

/** A function that relies on its caller's lock says so, and is believed no further. */
test('lockdep_assert_held is a kernel bug where the lock is not held', () => {
  const { a } = locks();
  const code = function* () {
    lockdep_assert_held(a);
  };

  expect(() => runAlone(code)).toThrow(/test-a must be held/);
});

/** ep_poll() switches interrupts on again when it unlocks, so it must not be called without. */
test('lockdep_assert_irqs_enabled is a kernel bug under an irq lock and not after it', () => {
  const code = function* (unlock: boolean) {
    const { a } = locks();
    yield spin_lock_irq(a);
    if (unlock) spin_unlock_irq(a);
    lockdep_assert_irqs_enabled();
  };

  expect(() => runAlone(code(false))).toThrow(/interrupts must be enabled/);
  expect(() => runAlone(code(true))).not.toThrow();
});

/** Two machines in one process never meet: each learns its own orders. */
test('an order seen on one machine does not count on another', () => {
  const { a, b } = locks();
  const inOrder = (first: spinlock_t, second: spinlock_t) =>
    runAlone(function* () {
      yield spin_lock(first);
      yield spin_lock(second);
      spin_unlock(second);
      spin_unlock(first);
      return 'fine';
    });

  expect(inOrder(a, b)).toBe('fine');
  expect(inOrder(b, a)).toBe('fine');
});

/** A mutex taken under another with the subclass that eventpoll uses. */
test('mutexes of one class nest by subclass', () => {
  const outer = new mutex('ep->mtx');
  const inner = new mutex('ep->mtx');
  const code = function* () {
    yield mutex_lock(outer);
    yield mutex_lock_nested(inner, 1);
    mutex_unlock(inner);
    mutex_unlock(outer);
    return 'fine';
  };

  expect(runAlone(code)).toBe('fine');
});
