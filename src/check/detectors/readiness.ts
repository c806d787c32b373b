/**
 * What a file has ready when an execution is over, asked without running the machine.
 *
 * Nobody is queued and nobody is woken. A poll method may leave a note behind (SOCK_NOSPACE, say)
 * that some file was asked: of interest to nobody once the execution is over.
 */
import { current, setCurrent } from '../../kernel/current.ts';
import { EP_UNACTIVE_PTR, type epitem, eventpoll } from '../../kernel/eventpoll/types.ts';
import { perform } from '../../kernel/execute.ts';
import type { file } from '../../kernel/file.ts';
import { file_can_poll, poll_table, vfs_poll } from '../../kernel/poll.ts';
import type { task_struct } from '../../kernel/sched.ts';
import { EPOLLIN, EPOLLRDNORM } from '../../kernel/uapi/eventpoll.ts';

/** The items that the instance would look at next. */
export function queuedItems(ep: eventpoll): epitem[] {
  const queued = [...ep.rdllist];
  let epi = ep.ovflist;
  while (epi !== null && epi !== EP_UNACTIVE_PTR) {
    if (!queued.includes(epi)) queued.push(epi);
    epi = epi.next;
  }
  return queued;
}

/** What of `mask` the file has ready for `task`; 0 where that cannot be told. */
export function readyNow(f: file, mask: number, task: task_struct): number {
  if (f.f_ref.refs === 0 || !file_can_poll(f)) return 0;
  if (f.private_data instanceof eventpoll) {
    const ready = queuedItems(f.private_data).some((epi) => itemReady(epi, task) !== 0);
    return ready ? (EPOLLIN | EPOLLRDNORM) & mask : 0;
  }
  return poll(f, mask, task) & mask;
}

/** What of its mask an item has ready for `task`. */
export const itemReady = (epi: epitem, task: task_struct): number =>
  readyNow(epi.ffd.file, epi.event.events, task);

/** Runs the poll method as `task` would, in a machine where nothing else runs. */
function poll(f: file, mask: number, task: task_struct): number {
  const { kernel } = task;
  const { alone, footprint, stepper, tracer } = kernel;
  const before = current;
  kernel.alone = true;
  kernel.footprint = null;
  kernel.stepper = null;
  kernel.tracer = null;
  setCurrent(task);
  try {
    const table = new poll_table(null);
    table._key = mask;
    const code = vfs_poll(f, table);
    let step = code.next(0);
    while (step.done !== true) {
      if (!perform(step.value, task)) return 0; // Somebody sleeps with a lock in his hands.
      step = code.next(0);
    }
    return step.value;
  } finally {
    setCurrent(before);
    kernel.alone = alone;
    kernel.footprint = footprint;
    kernel.stepper = stepper;
    kernel.tracer = tracer;
  }
}
