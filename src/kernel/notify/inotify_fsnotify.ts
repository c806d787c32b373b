/** From an event to the queue of an inotify instance. Linux: fs/notify/inotify/inotify_fsnotify.c. */
import { encodeText } from '../bytes.ts';
import { current } from '../current.ts';
import { mutex_lock, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { IN_DELETE_SELF, IN_ISDIR, IN_MOVE_SELF } from '../uapi/inotify.ts';
import {
  FS_IN_IGNORED,
  FSNOTIFY_MARK_FLAG_IN_ONESHOT,
  fsnotify_detach_mark,
  fsnotify_event,
  type fsnotify_mark,
  killMark,
} from './backend.ts';
import { fsnotify_insert_event } from './notification.ts';

/** Do two events say the same? Only what follows a rename differs in its cookie, and never here. */
function event_compare(old: fsnotify_event, event: fsnotify_event): boolean {
  if ((old.mask & FS_IN_IGNORED) !== 0) return false;
  if (old.mask !== event.mask || old.wd !== event.wd) return false;
  if (old.name === null || event.name === null) return old.name === event.name;
  const { name } = event;
  return old.name.length === name.length && old.name.every((byte, i) => byte === name[i]);
}

/** Queues an event for the readers of a mark's group; a mark for one event only goes then. */
export function* inotify_handle_inode_event(
  mark: fsnotify_mark,
  what: number,
  name: string | null,
  cookie: number,
): Kernel<void> {
  if (mark.wd === -1) return; // It is just being removed.
  const mask = (what & (IN_MOVE_SELF | IN_DELETE_SELF)) !== 0 ? what & ~IN_ISDIR : what;
  const event = new fsnotify_event(mark.wd, mask, name === null ? null : encodeText(name), cookie);
  yield* fsnotify_insert_event(mark.group, event, event_compare);
  if ((mark.flags & FSNOTIFY_MARK_FLAG_IN_ONESHOT) !== 0) yield* fsnotify_destroy_mark(mark);
}

/** Tells the readers that there is no such watch any more, and gives its number up. */
export function* inotify_ignored_and_remove_idr(mark: fsnotify_mark): Kernel<void> {
  yield* inotify_handle_inode_event(mark, FS_IN_IGNORED, null, 0);
  mark.group.idr.delete(mark.wd);
  mark.wd = -1;
  current.kernel.inotify.watches--;
}

/** Takes a mark off, and tells its group; not twice. */
export function* fsnotify_destroy_mark(mark: fsnotify_mark): Kernel<void> {
  yield mutex_lock(mark.group.mark_mutex);
  yield* fsnotify_detach_mark(mark);
  mutex_unlock(mark.group.mark_mutex);
  yield* fsnotify_free_mark(mark);
}

export function* fsnotify_free_mark(mark: fsnotify_mark): Kernel<void> {
  if (killMark(mark)) yield* inotify_ignored_and_remove_idr(mark);
}
