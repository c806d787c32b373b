import { expect, test } from 'vitest';
import {
  EP_ITEM_COST,
  EP_MAX_NESTS,
  EP_PRIVATE_BITS,
  EPOLLEXCLUSIVE_OK_BITS,
  ep_cmp_ffd,
  ep_is_linked,
  ep_item_from_wait,
  ep_pwq_from_wait,
} from '../../../src/kernel/eventpoll/types.ts';
import { EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { entryOf, eventfds, fileOf, itemOf } from '../../support/epoll.ts';
import { watch, writeCount } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';

/** The order of the tree is the order of fdinfo. */
test('items compare by file first and by number second', () => {
  const signs = inMachine(function* (sys) {
    const [a = -1, b = -1] = yield* eventfds(sys, 0, 0);
    const key = (file: number, fd: number) => ({ address: fileOf(file).address, fd });
    return [
      ep_cmp_ffd(key(a, 9), key(b, 1)),
      ep_cmp_ffd(key(b, 1), key(a, 9)),
      ep_cmp_ffd(key(a, 1), key(a, 2)),
      ep_cmp_ffd(key(a, 2), key(a, 2)),
    ].map(Math.sign);
  });

  expect(signs).toEqual([-1, 1, -1, 0]);
});

/** A callback gets the wait queue entry and has to find its item. */
test('from the entry on a wait queue there is a way to its item', () => {
  const seen = inMachine(function* (sys) {
    const [efd = -1] = yield* eventfds(sys, 0);
    const epfd = yield* watch(sys, efd, EPOLLIN);
    const epi = itemOf(epfd, efd);
    const entry = entryOf(epfd, efd);
    const before = ep_is_linked(epi);
    yield* writeCount(sys, efd, 1n);
    return [
      ep_item_from_wait(entry) === epi,
      ep_pwq_from_wait(entry) === epi.pwqlist,
      before,
      ep_is_linked(epi),
    ];
  });

  expect(seen).toEqual([true, true, false, true]);
});

/** fs/eventpoll.c; a bit more or less changes what ONESHOT leaves and what EXCLUSIVE allows. */
test('the masks and limits have the values of Linux on x86-64', () => {
  expect(EP_PRIVATE_BITS >>> 0).toBe(0xf0000000);
  expect(EPOLLEXCLUSIVE_OK_BITS >>> 0).toBe(0xb000001d);
  expect(EP_MAX_NESTS).toBe(4);
  expect(EP_ITEM_COST).toBe(184);
});
