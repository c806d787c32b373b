/**
 * User memory as system calls see it. Linux: include/linux/uaccess.h, include/linux/uio.h.
 *
 * Data goes straight to and from the caller's arrays. What can go wrong with a pointer is modelled
 * where programs meet it: the event buffer of epoll_wait, which may be unmapped (EFAULT) or on a
 * page that is not there yet, so that the copy sleeps until somebody supplies the page.
 */

import Denque from 'denque';
import { newIdentity } from './footprint.ts';
import { might_sleep } from './lockdep.ts';
import { type Named, Op } from './op.ts';
import { TASK_KILLABLE, type task_struct, wake_up_process } from './sched.ts';

/** A page of user memory that a fault handler has yet to supply (userfaultfd). */
export class FaultingPage implements Named {
  readonly identity: number = newIdentity();
  readonly name = 'page';
  present = false;
  readonly waiters: Denque<task_struct> = new Denque();
  readonly fault: Op = new Op('fault', this);

  /** Supplies the page; whoever waits for it goes on. */
  supply(): void {
    this.present = true;
    for (let task = this.waiters.shift(); task !== undefined; task = this.waiters.shift()) {
      wake_up_process(task);
    }
  }
}

/** Ours: puts a task to sleep until the page is there, or the task is killed. */
export function waitForPage(page: FaultingPage, task: task_struct): void {
  might_sleep(task, 'a page fault');
  task.__state = TASK_KILLABLE;
  page.waiters.push(task);
}

/** One entry of the result of epoll_wait(2): flag word and the value given with EPOLL_CTL_ADD. */
export interface epoll_event {
  /** What is there: EPOLL* bits. */
  events: number;
  /** What was given with EPOLL_CTL_ADD or EPOLL_CTL_MOD. */
  data: epoll_data_t;
}
/** 64 bits that belong to the user; a bigint where a number cannot hold them. */
export type epoll_data_t = number | bigint;

/** Where epoll_wait puts its events. */
export class EventBuffer {
  readonly entries: epoll_event[] = [];
  /** No memory is mapped from this entry on; -1: all is. */
  unmappedFrom: number;
  page: FaultingPage | null;

  constructor(unmappedFrom = -1, page: FaultingPage | null = null) {
    this.unmappedFrom = unmappedFrom;
    this.page = page;
  }
}

/** Stores one event; false if the memory is not mapped, or the page never came. */
export function epoll_put_uevent(
  revents: number,
  data: epoll_data_t,
  uevent: EventBuffer,
): boolean {
  if (uevent.page !== null && !uevent.page.present) return false; // Killed while it waited.
  if (uevent.unmappedFrom >= 0 && uevent.entries.length >= uevent.unmappedFrom) return false;
  uevent.entries.push({ events: revents, data });
  return true;
}

/** Bytes on their way between user memory and a file. */
export class iov_iter {
  readonly data: Uint8Array;
  /** Bytes done so far. */
  iov_offset = 0;
  /** Bytes still to go. */
  count: number;

  constructor(data: Uint8Array) {
    this.data = data;
    this.count = data.length;
  }
}

/** Copies as much of `from` as fits; how many bytes that was. */
export function copy_to_iter(from: Uint8Array, to: iov_iter): number {
  const copied = Math.min(from.length, to.count);
  if (copied === 1) to.data[to.iov_offset] = from[0] as number;
  else to.data.set(copied === from.length ? from : from.subarray(0, copied), to.iov_offset);
  to.iov_offset += copied;
  to.count -= copied;
  return copied;
}

/** Takes up to `bytes` bytes out of user memory. */
export function copy_from_iter(bytes: number, from: iov_iter): Uint8Array {
  const copied = Math.min(bytes, from.count);
  const data = new Uint8Array(copied);
  if (copied === 1) data[0] = from.data[from.iov_offset] as number;
  else data.set(from.data.subarray(from.iov_offset, from.iov_offset + copied));
  from.iov_offset += copied;
  from.count -= copied;
  return data;
}

/** So many bytes are done. */
export function iov_iter_advance(i: iov_iter, size: number): void {
  i.iov_offset += size;
  i.count -= size;
}

export const iov_iter_count = (i: iov_iter): number => i.count;
