import { expect, test } from 'vitest';
import { current } from '../../src/kernel/current.ts';
import {
  read_lock_irqsave,
  read_unlock_irqrestore,
  rwlock_t,
  write_lock_irq,
  write_unlock_irq,
} from '../../src/kernel/rwlock.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../../src/kernel/spinlock.ts';
import { randomSchedule } from '../../src/sim/schedule.ts';
import { runAlone, runTogether } from '../support/run.ts';

/** From 5.1 to 6.17 callbacks of one instance ran on several CPUs at once (a218cc491420). */
test('two readers can be inside at once, on some sampled schedule', () => {
  let most = 0;
  for (let seed = 0; seed < 20; seed++) {
    const lock = new rwlock_t('test-a');
    let inside = 0;
    const reader = (between: spinlock_t) =>
      function* () {
        yield read_lock_irqsave(lock);
        most = Math.max(most, ++inside);
        yield spin_lock(between);
        spin_unlock(between);
        inside--;
        read_unlock_irqrestore(lock);
      };

    const stuck = runTogether(
      { a: reader(new spinlock_t('test-b')), b: reader(new spinlock_t('test-b')) },
      { schedule: randomSchedule(seed) },
    );
    expect(stuck).toEqual([]);
  }

  expect(most).toBe(2);
});

/** A scan takes the lists over: no callback may be half way through an append. */
test('a writer is inside alone, on every sampled schedule', () => {
  for (let seed = 0; seed < 50; seed++) {
    const lock = new rwlock_t('test-a');
    const between = new spinlock_t('test-b');
    let readers = 0;
    let writers = 0;
    let together = 0;
    const pause = function* () {
      if (writers > 0 && readers + writers > 1) together++;
      yield spin_lock(between);
      spin_unlock(between);
    };
    const reader = function* () {
      yield read_lock_irqsave(lock);
      readers++;
      yield* pause();
      readers--;
      read_unlock_irqrestore(lock);
    };
    const writer = function* () {
      yield write_lock_irq(lock);
      writers++;
      yield* pause();
      writers--;
      write_unlock_irq(lock);
    };

    const stuck = runTogether(
      { r1: reader, r2: reader, w1: writer, w2: writer },
      { schedule: randomSchedule(seed) },
    );

    expect(stuck).toEqual([]);
    expect(together).toBe(0);
  }
});

/** A timer interrupt that queues an item would wait for the task that it interrupted. */
test('both sides keep interrupts away until they unlock', () => {
  const lock = new rwlock_t('test-a');
  const seen: [number, number][] = [];
  const kept = (): number => seen.push([current.irqs_disabled, current.preempt_count]);
  runAlone(function* () {
    yield read_lock_irqsave(lock);
    kept();
    read_unlock_irqrestore(lock);
    yield write_lock_irq(lock);
    kept();
    write_unlock_irq(lock);
    kept();
  });

  expect(seen).toEqual([
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
});

/** A writer that wants in again waits for itself for ever. */
test.each([
  ['write_lock', write_lock_irq],
  ['read_lock', read_lock_irqsave],
])('%s by the writer is a kernel bug', (_verb, again) => {
  const lock = new rwlock_t('test-a');
  const code = function* () {
    yield write_lock_irq(lock);
    yield again(lock);
  };

  expect(() => runAlone(code)).toThrow(/which it holds already/);
});

/** A reader that wants to write waits for itself for ever. */
test('write_lock by a reader is a kernel bug', () => {
  const lock = new rwlock_t('test-a');
  const code = function* () {
    yield read_lock_irqsave(lock);
    yield write_lock_irq(lock);
  };

  expect(() => runAlone(code)).toThrow(/which it holds already/);
});

/** From 5.1 to 6.17 ep->lock stood among spinlocks and mutexes like any other lock. */
test('taking a rwlock and a spinlock in both orders is a kernel bug, in one it is not', () => {
  const inOrders = (again: boolean) =>
    runAlone(function* () {
      const lock = new rwlock_t('test-a');
      const other = new spinlock_t('test-b');
      yield write_lock_irq(lock);
      yield spin_lock(other);
      spin_unlock(other);
      write_unlock_irq(lock);
      if (again) yield spin_lock(other);
      yield read_lock_irqsave(lock);
      return 'fine';
    });

  expect(inOrders(false)).toBe('fine');
  expect(() => inOrders(true)).toThrow(/circular locking.*takes test-a.*holding test-b/);
});

/** A callback that runs after its eventpoll was freed. */
test('taking a lock whose memory was freed is a kernel bug', () => {
  const lock = new rwlock_t('test-a');
  lock.freed = true;
  const code = function* () {
    yield read_lock_irqsave(lock);
  };

  expect(() => runAlone(code)).toThrow(/use after free/);
});
