import { expect, test } from 'vitest';
import { refcount_dec_and_test, refcount_t } from '../../../src/kernel/refcount.ts';
import { EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import type { Program } from '../../../src/syscalls/sys.ts';
import { watch } from '../../support/programs.ts';
import { exampleOf, onAll, onOne, said } from './explored.ts';

/** Whoever closes nested instances in two threads on 6.4 to 7.0. */
test('the example: an inner instance is used after another thread has freed it', async () => {
  const problems = onAll(await exampleOf('use-after-free'));

  expect(said(problems, 'use-after-free')).toEqual([
    'The kernel is broken: use after free: eventpoll, by t1.',
  ]);
  expect(problems[0]?.cause).toBe(
    'use after free: __ep_remove < ep_remove_safe < ep_clear_and_put',
  );
});

/** A false alarm where the two are closed one after the other. */
test('an inner instance that is closed after the outer one is freed once', () => {
  const program: Program = function* (sys) {
    const inner = yield* sys.epoll_create1(0);
    const outer = yield* watch(sys, inner, EPOLLIN);
    const closing = yield* sys.pthread_create(function* (thread) {
      yield* thread.close(outer);
    });
    yield* sys.pthread_join(closing);
    yield* sys.close(inner);
  };

  expect(onAll(program)).toEqual([]);
});

/** Half of all uses after a free show in a count first. */
test('a reference that is given back once too often is one too', () => {
  const program: Program = function* () {
    refcount_dec_and_test(new refcount_t(0));
  };

  expect(said(onOne(program), 'use-after-free')).toHaveLength(1);
});
