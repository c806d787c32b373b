import { expect, test } from 'vitest';
import { EPOLLIN } from '../../src/kernel/uapi/eventpoll.ts';
import { add, del, eventfds } from '../support/epoll.ts';
import { inThreads, type Side, side, upTo } from '../support/kernels.ts';

/** One thread adds an epoll with a file in it to another; a second one removes and closes the file. */
const addAndClose = (which: Side): Record<string, unknown> =>
  inThreads(
    function* (sys) {
      const [outer, inner] = [yield* sys.epoll_create1(0), yield* sys.epoll_create1(0)];
      const [fd = -1] = yield* eventfds(sys, 0);
      yield* add(sys, inner, fd, EPOLLIN);
      return {
        adds: (self) => add(self, outer, inner, EPOLLIN),
        *goes(self) {
          yield* del(self, inner, fd);
          yield* self.close(fd);
        },
      };
    },
    [
      ...upTo('adds', 'mutex_lock epnested_mutex', 'mutex_lock ep->mtx', 'mutex_lock ep->mtx'),
      ...upTo('adds', 'access ep', 'spin_lock file->f_lock'),
      { thread: 'goes' },
      { thread: 'adds' },
    ],
    side(which, '8b7e8245e229'),
  );

/**
 * R26, in 6.7 to 7.1: the list of files to check has heads of items, which are freed under the lock of
 * the file; and nothing keeps the file.
 *
 * | epoll_ctl(outer, ADD, inner)          | epoll_ctl(inner, DEL, fd); close(fd)  |
 * | ------------------------------------- | ------------------------------------- |
 * | unlist_file: finds the file by its    |                                       |
 * | first item                            |                                       |
 * |                                       | removes the item; the file is freed   |
 * | takes the lock of the file: freed     |                                       |
 */
test('on some schedule a kernel without 8b7e8245e229 takes the lock of a file that is freed', () => {
  expect(() => addAndClose('without')).toThrow(/use after free: adds takes file->f_lock/);
});

/** A counted reference: the close is put off until the file is off the list. */
test('with 8b7e8245e229 a listed file stays until it is off the list', () => {
  expect(addAndClose('with')).toEqual({ adds: 0, goes: undefined });
});
