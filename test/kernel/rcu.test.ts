import { expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import type { Kernel } from '../../src/kernel/op.ts';
import { call_rcu, rcu_read_lock, rcu_read_unlock, synchronize_rcu } from '../../src/kernel/rcu.ts';
import { schedule, TASK_INTERRUPTIBLE } from '../../src/kernel/sched.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../../src/kernel/spinlock.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import { runAlone, runTogether } from '../support/run.ts';
import { byHand } from '../support/schedule.ts';

/** A read section with a place in it where others can run. */
function* section(log: string[], lock: spinlock_t): Kernel<void> {
  rcu_read_lock();
  log.push('reading');
  yield spin_lock(lock);
  spin_unlock(lock);
  log.push('read');
  rcu_read_unlock();
}

/** CVE-2026-43074: an eventpoll freed at once under a reader that climbs through it. */
test('call_rcu frees after the readers that were there have left', () => {
  const log: string[] = [];
  const lock = new spinlock_t('test-a');

  runTogether(
    {
      reader: () => section(log, lock),
      writer: function* () {
        yield spin_lock(lock);
        call_rcu(() => log.push('freed'));
        spin_unlock(lock);
      },
    },
    {
      schedule: byHand([
        { thread: 'reader', until: 'spin_lock test-a' },
        { thread: 'writer' },
        { thread: 'reader' },
      ]),
    },
  );

  expect(log).toEqual(['reading', 'read', 'freed']);
});

/** Nobody reads: nothing to wait for. */
test('call_rcu without a reader frees at once', () => {
  const log: string[] = [];

  runAlone(function* () {
    call_rcu(() => log.push('freed'));
    log.push('went on');
  });

  expect(log).toEqual(['freed', 'went on']);
});

/** ep_destroy_wakeup_source() waits like that for a callback that still uses the source. */
test('synchronize_rcu returns after the readers have left, on every sampled schedule', () => {
  for (let seed = 0; seed < 50; seed++) {
    const log: string[] = [];
    const lock = new spinlock_t('test-a');

    const stuck = runTogether(
      {
        reader: () => section(log, lock),
        writer: function* () {
          yield synchronize_rcu();
          log.push('freed');
        },
      },
      { schedule: randomSchedule(seed) },
    );

    expect(stuck).toEqual([]);
    expect(log.join(' ')).toMatch(/^(freed reading read|reading read freed)$/);
  }
});

/** A function that reads is called by one that reads. */
test('only the outermost rcu_read_unlock ends a nested read section', () => {
  const log: string[] = [];

  runAlone(function* () {
    rcu_read_lock();
    rcu_read_lock();
    call_rcu(() => log.push('freed'));
    rcu_read_unlock();
    log.push('still reading');
    rcu_read_unlock();
  });

  expect(log).toEqual(['still reading', 'freed']);
});

/** An error path that unlocks once too often. */
test('rcu_read_unlock without rcu_read_lock is a kernel bug', () => {
  const code = function* () {
    rcu_read_unlock();
  };

  expect(() => runAlone(code)).toThrow(/rcu_read_unlock unbalanced/);
});

/** A reader that sleeps would hold every grace period up. */
test('sleeping inside a read section is a kernel bug', () => {
  const code = function* () {
    rcu_read_lock();
    current.__state = TASK_INTERRUPTIBLE;
    yield schedule(current);
  };

  expect(() => runAlone(code)).toThrow(/sleeping while atomic/);
});

/** A reader that waits for all readers waits for itself. */
test('synchronize_rcu inside a read section is a kernel bug', () => {
  const code = function* () {
    rcu_read_lock();
    yield synchronize_rcu();
  };

  expect(() => runAlone(code)).toThrow(/sleeping while atomic/);
});

/** The same under a spinlock, even when nobody reads. */
test('synchronize_rcu under a spinlock is a kernel bug', () => {
  const code = function* () {
    yield spin_lock(new spinlock_t('test-a'));
    yield synchronize_rcu();
  };

  expect(() => runAlone(code)).toThrow(/sleeping while atomic/);
});
