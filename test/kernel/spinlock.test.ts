import { expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import {
  spin_lock,
  spin_lock_bh,
  spin_lock_irqsave,
  spin_unlock,
  spin_unlock_bh,
  spin_unlock_irqrestore,
  spinlock_t,
} from '../../src/kernel/spinlock.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import { runAlone, runTogether } from '../support/run.ts';

/** What the task is kept from: [preemption, interrupts]. */
const kept = (): [boolean, boolean] => [current.preempt_count > 0, current.irqs_disabled > 0];

/** A timer that fires under ep->lock would deadlock on it: only the irq flavours keep it away. */
test('only the irq flavour keeps interrupts away while the lock is held', () => {
  const lock = new spinlock_t('test-a');
  const seen: [boolean, boolean][] = [];
  runAlone(function* () {
    yield spin_lock(lock);
    seen.push(kept());
    spin_unlock(lock);
    yield spin_lock_bh(lock);
    seen.push(kept());
    spin_unlock_bh(lock);
    yield spin_lock_irqsave(lock);
    seen.push(kept());
    spin_unlock_irqrestore(lock);
    seen.push(kept());
  });

  expect(seen).toEqual([
    [true, false],
    [true, false],
    [true, true],
    [false, false],
  ]);
});

/** Two callbacks that append to one ready list at once would lose an item. */
test('at most one task is between lock and unlock, on every sampled schedule', () => {
  for (let seed = 0; seed < 50; seed++) {
    const lock = new spinlock_t('test-a');
    const between = new spinlock_t('test-b');
    let inside = 0;
    let most = 0;
    const code = function* () {
      yield spin_lock(lock);
      most = Math.max(most, ++inside);
      yield spin_lock(between);
      spin_unlock(between);
      inside--;
      spin_unlock(lock);
    };

    const stuck = runTogether({ a: code, b: code, c: code }, { schedule: randomSchedule(seed) });

    expect(stuck).toEqual([]);
    expect(most).toBe(1);
  }
});

/** CVE-2026-46242: a lock in a file that another task has freed meanwhile. */
test('taking a lock whose memory was freed is a kernel bug', () => {
  const lock = new spinlock_t('test-a');
  lock.freed = true;

  const code = function* () {
    yield spin_lock(lock);
  };

  expect(() => runAlone(code)).toThrow(/use after free: alone takes test-a/);
});

/** R20: whoever frees the memory before the unlock has finished loses the race at the unlock. */
test('giving back a lock whose memory was freed meanwhile is a kernel bug', () => {
  const lock = new spinlock_t('test-a');
  const code = function* () {
    yield spin_lock(lock);
    lock.freed = true;
    spin_unlock(lock);
  };

  expect(() => runAlone(code)).toThrow(/use after free: alone releases test-a/);
});
