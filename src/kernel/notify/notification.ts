/**
 * The queue of events of one group. Linux: fs/notify/notification.c.
 *
 * Invariants: `q_len` is how many events are on the list, the overflow event included.
 */

import { list_add_tail, list_del_init, list_empty, list_entry } from '../list.ts';
import { lockdep_assert_held } from '../lockdep.ts';
import type { Kernel } from '../op.ts';
import { spin_lock, spin_unlock } from '../spinlock.ts';
import { __fentry__, traceNote } from '../trace.ts';
import { wake_up } from '../wait.ts';
import type { fsnotify_event, fsnotify_group } from './backend.ts';

export const fsnotify_notify_queue_is_empty = (group: fsnotify_group): boolean =>
  list_empty(group.notification_list);

/**
 * Queues an event and wakes who waits: 0; 1 if `merge` finds the same in the last one, which then
 * stands for both, 2 if there is no room. What is lost is told of once, by the overflow event.
 */
export function* fsnotify_insert_event(
  group: fsnotify_group,
  event: fsnotify_event,
  merge: (last: fsnotify_event, event: fsnotify_event) => boolean,
): Kernel<number> {
  __fentry__('fsnotify_insert_event');
  let ret = 0;
  let queued = event;
  yield spin_lock(group.notification_lock);
  if (group.shutdown) {
    spin_unlock(group.notification_lock);
    return 2;
  }
  if (group.q_len >= group.max_events) {
    ret = 2;
    queued = group.overflow_event;
    if (!list_empty(queued.list)) {
      spin_unlock(group.notification_lock);
      return ret;
    }
  } else if (
    !list_empty(group.notification_list) &&
    merge(list_entry(group.notification_list.prev), event)
  ) {
    traceNote('fsnotify_insert_event: as the last one, merged', group, 'merged');
    spin_unlock(group.notification_lock);
    return 1;
  }
  group.q_len++;
  list_add_tail(queued.list, group.notification_list);
  spin_unlock(group.notification_lock);
  yield* wake_up(group.notification_waitq);
  return ret;
}

/** The oldest event, or null. Called with notification_lock held. */
export function fsnotify_peek_first_event(group: fsnotify_group): fsnotify_event | null {
  lockdep_assert_held(group.notification_lock);
  return fsnotify_notify_queue_is_empty(group) ? null : list_entry(group.notification_list.next);
}

/** Takes the oldest event off the queue. Called with notification_lock held. */
export function fsnotify_remove_first_event(group: fsnotify_group): fsnotify_event | null {
  const event = fsnotify_peek_first_event(group);
  if (event === null) return null;
  list_del_init(event.list);
  group.q_len--;
  return event;
}

/** Throws all events away. */
export function* fsnotify_flush_notify(group: fsnotify_group): Kernel<void> {
  yield spin_lock(group.notification_lock);
  while (fsnotify_remove_first_event(group) !== null);
  spin_unlock(group.notification_lock);
}
