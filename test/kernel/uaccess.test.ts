import { expect, test } from 'vitest';
import { spin_lock, spinlock_t } from '../../src/kernel/spinlock.ts';
import {
  copy_from_iter,
  copy_to_iter,
  EventBuffer,
  epoll_put_uevent,
  FaultingPage,
  iov_iter,
  iov_iter_count,
} from '../../src/kernel/uaccess.ts';
import { runAlone, runTogether } from '../support/run.ts';

/** read(2) fills no more than the buffer, however much there is. */
test('copy_to_iter stops at the end of the buffer and goes on where it was', () => {
  const to = new iov_iter(new Uint8Array(4));

  expect(copy_to_iter(Uint8Array.of(1, 2, 3), to)).toBe(3);
  expect(copy_to_iter(Uint8Array.of(4, 5, 6), to)).toBe(1);

  expect([...to.data]).toEqual([1, 2, 3, 4]);
  expect(iov_iter_count(to)).toBe(0);
});

/** write(2) that fits in part: the rest is taken later, from where the first part ended. */
test('copy_from_iter takes the bytes in order and no more than there are', () => {
  const from = new iov_iter(Uint8Array.of(1, 2, 3));

  expect([...copy_from_iter(2, from)]).toEqual([1, 2]);
  expect([...copy_from_iter(2, from)]).toEqual([3]);
  expect(iov_iter_count(from)).toBe(0);
});

/** A program that changes its buffer after write() must not change what was written. */
test('copy_from_iter takes a copy', () => {
  const buffer = Uint8Array.of(1);
  const taken = copy_from_iter(1, new iov_iter(buffer));

  buffer[0] = 9;

  expect([...taken]).toEqual([1]);
});

/** An event array that reaches over the end of mapped memory: EFAULT for the slots beyond it. */
test('epoll_put_uevent refuses the entries from where no memory is mapped', () => {
  const buffer = new EventBuffer(1);

  expect(epoll_put_uevent(1, 10, buffer)).toBe(true);
  expect(epoll_put_uevent(1, 11, buffer)).toBe(false);
  expect(buffer.entries).toEqual([{ events: 1, data: 10 }]);
});

/** With userfaultfd the copy of an event blocks until somebody supplies the page (C.15). */
test('a fault sleeps until the page is supplied', () => {
  const page = new FaultingPage();
  const log: string[] = [];

  const stuck = runTogether({
    reader: function* () {
      yield page.fault;
      log.push('read');
    },
    supplier: function* () {
      log.push('supply');
      page.supply();
    },
  });

  expect(stuck).toEqual([]);
  expect(log).toEqual(['supply', 'read']);
});

/** A page that is there costs nothing. */
test('a fault on a page that is present does not sleep', () => {
  const page = new FaultingPage();
  page.supply();

  const done = runAlone(function* () {
    yield page.fault;
    return true;
  });

  expect(done).toBe(true);
});

/** Copying to user memory under a spinlock: the reason for the scan's private list. */
test('a fault under a spinlock is a kernel bug', () => {
  const code = function* () {
    yield spin_lock(new spinlock_t('test-a'));
    yield new FaultingPage().fault;
  };

  expect(() => runAlone(code)).toThrow(/sleeping while atomic.*a page fault/);
});
