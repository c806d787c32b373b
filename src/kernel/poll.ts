/**
 * How a file is asked what it has ready, and how the asker gets onto its wait queues.
 * Linux: include/linux/poll.h.
 *
 * A poll method first offers its queues through poll_wait(), then looks at its state: whatever
 * changes after the look finds the asker queued.
 */
import { smp_mb } from './barrier.ts';
import { current } from './current.ts';
import type { file } from './file.ts';
import type { Kernel } from './op.ts';
import { EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM } from './uapi/eventpoll.ts';
import type { wait_queue_head } from './wait.ts';

/** What poll() and select() believe of a file without a poll method. */
export const DEFAULT_POLLMASK: number = EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM;

export type poll_queue_proc = (
  filp: file,
  wait_address: wait_queue_head,
  pt: poll_table,
) => Kernel<void>;

export class poll_table {
  /** Queues the asker; null when it only wants to know. */
  _qproc: poll_queue_proc | null;
  /** The events that the asker is interested in. */
  _key = -1;

  // Ours: stands in for container_of().
  owner: unknown = null;

  constructor(qproc: poll_queue_proc | null) {
    this._qproc = qproc;
  }
}

export const init_poll_funcptr = (qproc: poll_queue_proc | null): poll_table =>
  new poll_table(qproc);

/** Queues the asker. Called only where `pt._qproc` is set, so that a mere look costs nothing. */
export function* poll_wait(
  filp: file,
  wait_address: wait_queue_head,
  pt: poll_table | null,
): Kernel<void> {
  if (pt === null || pt._qproc === null) return;
  yield* pt._qproc(filp, wait_address, pt);
  if (current.kernel.patched.cacd9ae4bf80) yield* smp_mb(); // The asker is queued before it looks.
}

/** Ours: does the asker want to be queued? */
export const wantsQueue = (pt: poll_table | null): pt is poll_table =>
  pt !== null && pt._qproc !== null;

export const poll_requested_events = (pt: poll_table | null): number =>
  pt === null ? -1 : pt._key;

export const file_can_poll = (file: file): boolean => file.f_op.poll !== undefined;

/** What the file has ready. Only for files that can be polled. */
export const vfs_poll = (file: file, pt: poll_table | null): Kernel<number> =>
  (file.f_op.poll as NonNullable<file['f_op']['poll']>)(file, pt);
