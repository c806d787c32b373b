/**
 * What a file has ready, asked without running the machine.
 *
 * Nobody is queued and nobody is woken, and what a poll method leaves behind to say that the file
 * was asked (SOCK_NOSPACE, say) is taken back: the execution goes on as if nobody had asked.
 */
import { current, setCurrent } from '../kernel/current.ts';
import { EP_UNACTIVE_PTR, type epitem, eventpoll } from '../kernel/eventpoll/types.ts';
import { perform } from '../kernel/execute.ts';
import type { file } from '../kernel/file.ts';
import { list_del_init } from '../kernel/list.ts';
import { pipe_inode_info } from '../kernel/pipe_fs_i.ts';
import { file_can_poll, poll_table, vfs_poll } from '../kernel/poll.ts';
import type { task_struct } from '../kernel/sched.ts';
import { EPOLLIN, EPOLLRDNORM } from '../kernel/uapi/eventpoll.ts';
import { socket } from '../net/socket.ts';
import { unix_sock } from '../net/unix/types.ts';

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
  return (poll(f, mask, task) ?? 0) & mask;
}

/** All that the file has ready for `task`; null where that cannot be told at the moment. */
export function readyBits(f: file, task: task_struct): number | null {
  if (f.private_data instanceof eventpoll) return readyNow(f, ~0, task);
  return f.f_ref.refs === 0 || !file_can_poll(f) ? null : poll(f, ~0, task);
}

/** What of its mask an item has ready for `task`. */
export const itemReady = (epi: epitem, task: task_struct): number =>
  readyNow(epi.ffd.file, epi.event.events, task);

/**
 * Runs the poll method as `task` would, in a machine where nothing else runs; null where somebody
 * sleeps with a lock in his hands.
 */
function poll(f: file, mask: number, task: task_struct): number | null {
  const { kernel } = task;
  const { alone, footprint, stepper, tracer } = kernel;
  const before = current;
  const takeBack = notesOf(f);
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
      if (!perform(step.value, task)) return null;
      step = code.next(0);
    }
    return step.value;
  } finally {
    takeBack();
    setCurrent(before);
    kernel.alone = alone;
    kernel.footprint = footprint;
    kernel.stepper = stepper;
    kernel.tracer = tracer;
  }
}

/** Takes back what a poll method notes in the file. */
function notesOf({ private_data }: file): () => void {
  if (private_data instanceof pipe_inode_info) {
    const { poll_usage } = private_data;
    return () => {
      private_data.poll_usage = poll_usage;
    };
  }
  if (!(private_data instanceof socket)) return () => {};
  const { SOCK_NOSPACE, sk } = private_data;
  const asleepOn = sk instanceof unix_sock ? sk.peerWakeOn : null;
  return () => {
    private_data.SOCK_NOSPACE = SOCK_NOSPACE;
    if (!(sk instanceof unix_sock) || sk.peerWakeOn === asleepOn) return;
    list_del_init(sk.peer_wake.entry);
    sk.peerWakeOn = asleepOn;
  };
}
