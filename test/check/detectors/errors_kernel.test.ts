import { describe, expect, test } from 'vitest';
import type { DetectorName } from '../../../src/check/detectors/index.ts';
import { BUG_ON, KernelBug, WARN_ON_ONCE } from '../../../src/kernel/bug.ts';
import { current } from '../../../src/kernel/current.ts';
import { list_add, list_head } from '../../../src/kernel/list.ts';
import { mutex, mutex_lock } from '../../../src/kernel/mutex.ts';
import { schedule } from '../../../src/kernel/sched.ts';
import { spin_lock, spinlock_t } from '../../../src/kernel/spinlock.ts';
import type { Program } from '../../../src/syscalls/sys.ts';
import { onOne, said } from './explored.ts';

/** Kernel code that is broken: no kernel that the model can be is. */
const planted: Readonly<Record<string, { readonly by: DetectorName; readonly code: Program }>> = {
  'an item that is put on a list twice': {
    by: 'list-corruption',
    *code() {
      const head = new list_head<string>(null);
      const item = new list_head('item');
      list_add(item, head);
      list_add(item, new list_head<string>(null));
    },
  },
  'a task that sleeps with a spinlock': {
    by: 'sleeping-while-atomic',
    *code() {
      yield spin_lock(new spinlock_t('test-a'));
      yield schedule(current);
    },
  },
  'two locks in both orders': {
    by: 'lockdep',
    *code() {
      const a = new mutex('test-a');
      const b = new mutex('test-b');
      yield mutex_lock(a);
      yield mutex_lock(b);
      yield mutex_lock(a);
    },
  },
  'a task that returns to user mode with a lock': {
    by: 'lockdep',
    *code(sys) {
      yield mutex_lock(new mutex('test-a'));
      yield* sys.getpid();
    },
  },
  'BUG()': {
    by: 'kernel-bug',
    *code() {
      BUG_ON(true, 'this cannot be');
    },
  },
  'WARN_ON()': {
    by: 'kernel-bug',
    *code() {
      WARN_ON_ONCE(true, 'this should not be');
    },
  },
  'a kind that no detector is named after': {
    by: 'kernel-bug',
    *code() {
      throw new KernelBug('something new', 'it is broken');
    },
  },
};

describe.each(Object.entries(planted))('%s', (_what, { by, code }) => {
  /** Whoever changes the model, or checks an old kernel, and is told the wrong page to read. */
  test(`is found, by ${by} alone`, () => {
    expect(onOne(code).map(({ kind }) => kind)).toEqual([by]);
  });

  /** Whoever knows of it, and looks for something else. */
  test(`is not told of with ${by} switched off`, () => {
    expect(onOne(code, {}, { off: [by] })).toEqual([]);
  });
});

/** A false alarm for each correct kernel. */
test('a lock that is given back, and taken in one order, is no problem', () => {
  const program: Program = function* (sys) {
    yield* sys.eventfd2(0, 0);
    yield* sys.epoll_create1(0);
  };

  expect(onOne(program)).toEqual([]);
});

/** A program's own mistake that is blamed on the kernel. */
test('a KernelBug is no exception of the program', () => {
  const { code } = planted['BUG()'] as { code: Program };
  expect(said(onOne(code), 'exception')).toEqual([]);
});
