/**
 * Who watches what: groups (inotify instances), marks (watches) and connectors (the watches of one
 * inode). Linux: include/linux/fsnotify_backend.h, fs/notify/mark.c, fs/notify/group.c.
 *
 * A mark belongs to one group and one inode. It is destroyed once: whoever clears ALIVE first tells
 * the group, which then says so to its readers (IN_IGNORED).
 *
 * Invariants: a group's marks change under its mark_mutex, an inode's under conn->lock; an inode
 * has at most one mark of a group.
 * Differs from Linux: only inodes are watched, only by inotify; nothing is counted and freed, so
 * whoever walks over the marks of an inode walks over those that it had at the start (SRCU).
 */
import { current } from '../current.ts';
import type { inode } from '../fs/inode.ts';
import { list_add_tail, list_del_init, list_empty, list_entry, list_head } from '../list.ts';
import { mutex, mutex_lock, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { spin_lock, spin_unlock, spinlock_t } from '../spinlock.ts';
import { wait_queue_head } from '../wait.ts';

export const FS_ACCESS = 0x1;
export const FS_MODIFY = 0x2;
export const FS_ATTRIB = 0x4;
export const FS_CLOSE_WRITE = 0x8;
export const FS_CLOSE_NOWRITE = 0x10;
export const FS_OPEN = 0x20;
export const FS_MOVED_FROM = 0x40;
export const FS_MOVED_TO = 0x80;
export const FS_CREATE = 0x100;
export const FS_DELETE = 0x200;
export const FS_DELETE_SELF = 0x400;
export const FS_MOVE_SELF = 0x800;
export const FS_UNMOUNT = 0x2000;
export const FS_Q_OVERFLOW = 0x4000;
export const FS_IN_IGNORED = 0x8000;
/** The watcher of a directory wants to hear of what is in it. */
export const FS_EVENT_ON_CHILD = 0x0800_0000;
export const FS_ISDIR = 0x4000_0000;

/** What happens to a name and not to a file. */
export const ALL_FSNOTIFY_DIRENT_EVENTS: number =
  FS_CREATE | FS_DELETE | FS_MOVED_FROM | FS_MOVED_TO;
/** What a directory hears of files in it. */
export const FS_EVENTS_POSS_ON_CHILD: number =
  FS_ACCESS | FS_MODIFY | FS_ATTRIB | FS_CLOSE_WRITE | FS_CLOSE_NOWRITE | FS_OPEN;
export const ALL_FSNOTIFY_EVENTS: number =
  ALL_FSNOTIFY_DIRENT_EVENTS |
  FS_EVENTS_POSS_ON_CHILD |
  FS_DELETE_SELF |
  FS_MOVE_SELF |
  FS_UNMOUNT |
  FS_Q_OVERFLOW;

export const FSNOTIFY_MARK_FLAG_ALIVE = 0x1;
export const FSNOTIFY_MARK_FLAG_ATTACHED = 0x2;
export const FSNOTIFY_MARK_FLAG_EXCL_UNLINK = 0x10;
export const FSNOTIFY_MARK_FLAG_IN_ONESHOT = 0x20;

/** One event, until it is read. */
export class fsnotify_event {
  mask: number;
  readonly wd: number;
  readonly sync_cookie: number;
  /** What it happened to in the directory; null for the watched file itself. */
  readonly name: Uint8Array | null;
  readonly list: list_head<fsnotify_event> = new list_head<fsnotify_event>(this);

  constructor(wd: number, mask: number, name: Uint8Array | null, sync_cookie: number) {
    this.wd = wd;
    this.mask = mask;
    this.name = name;
    this.sync_cookie = sync_cookie;
  }
}

export class fsnotify_group {
  readonly notification_lock: spinlock_t = new spinlock_t('group->notification_lock');
  readonly notification_waitq: wait_queue_head = new wait_queue_head('inotify');
  readonly max_events: number;
  readonly overflow_event: fsnotify_event = new fsnotify_event(-1, FS_Q_OVERFLOW, null, 0);

  // Under notification_lock:
  readonly notification_list: list_head<fsnotify_event> = new list_head<fsnotify_event>(null);
  q_len = 0;
  shutdown = false;

  readonly mark_mutex: mutex = new mutex('group->mark_mutex');

  // Under mark_mutex:
  readonly marks_list: list_head<fsnotify_mark> = new list_head<fsnotify_mark>(null);

  /** The watches by number; the numbers go up, and are not given twice. */
  readonly idr: Map<number, fsnotify_mark> = new Map();
  idr_next = 1;

  // Ours: stands for the address by which groups are ordered; the newest is told first.
  readonly address: number;

  constructor(max_events: number) {
    this.max_events = max_events;
    this.address = ++current.kernel.inotify.groups;
  }
}

export class fsnotify_mark {
  readonly group: fsnotify_group;
  readonly inode: inode;
  /** FS_* bits. */
  mask: number;
  /** FSNOTIFY_MARK_FLAG_*. */
  flags: number;
  /** Its number; -1 once readers were told that there is none any more. */
  wd = -1;
  readonly g_list: list_head<fsnotify_mark> = new list_head<fsnotify_mark>(this);

  constructor(group: fsnotify_group, of: inode, mask: number, flags: number) {
    this.group = group;
    this.inode = of;
    this.mask = mask;
    this.flags = flags | FSNOTIFY_MARK_FLAG_ALIVE;
  }
}

/** The marks of one inode. */
export class fsnotify_mark_connector {
  readonly lock: spinlock_t = new spinlock_t('conn->lock');

  // Under lock; replaced, never changed, so that who walks over it is not disturbed:
  list: readonly fsnotify_mark[] = [];
}

/** All that somebody wants to hear of an inode. */
export const fsnotifyMask = (of: inode): number => {
  let mask = 0;
  if (of.i_fsnotify_marks !== null) for (const m of of.i_fsnotify_marks.list) mask |= m.mask;
  return mask;
};

/** The mark that a group has on an inode, or null. */
export const fsnotify_find_inode_mark = (of: inode, group: fsnotify_group): fsnotify_mark | null =>
  of.i_fsnotify_marks?.list.find(
    (mark) => mark.group === group && (mark.flags & FSNOTIFY_MARK_FLAG_ATTACHED) !== 0,
  ) ?? null;

/** Puts a new mark on its inode. Called with mark_mutex held. */
export function* fsnotify_add_inode_mark_locked(mark: fsnotify_mark): Kernel<void> {
  mark.flags |= FSNOTIFY_MARK_FLAG_ATTACHED;
  list_add_tail(mark.g_list, mark.group.marks_list);
  const conn = (mark.inode.i_fsnotify_marks ??= new fsnotify_mark_connector());
  yield spin_lock(conn.lock);
  conn.list = [...conn.list, mark].sort((a, b) => b.group.address - a.group.address);
  spin_unlock(conn.lock);
}

/** Takes a mark off its group and its inode. Called with mark_mutex held. */
export function* fsnotify_detach_mark(mark: fsnotify_mark): Kernel<void> {
  if ((mark.flags & FSNOTIFY_MARK_FLAG_ATTACHED) === 0) return;
  mark.flags &= ~FSNOTIFY_MARK_FLAG_ATTACHED;
  list_del_init(mark.g_list);
  const conn = mark.inode.i_fsnotify_marks as fsnotify_mark_connector;
  yield spin_lock(conn.lock);
  conn.list = conn.list.filter((other) => other !== mark);
  spin_unlock(conn.lock);
}

/** Ours: clears ALIVE; true for who did. */
export function killMark(mark: fsnotify_mark): boolean {
  if ((mark.flags & FSNOTIFY_MARK_FLAG_ALIVE) === 0) return false;
  mark.flags &= ~FSNOTIFY_MARK_FLAG_ALIVE;
  return true;
}

/** The first mark of a group, detached; null when there is none left. */
export function* detachFirstMark(group: fsnotify_group): Kernel<fsnotify_mark | null> {
  yield mutex_lock(group.mark_mutex);
  const first = list_empty(group.marks_list) ? null : list_entry(group.marks_list.next);
  if (first !== null) yield* fsnotify_detach_mark(first);
  mutex_unlock(group.mark_mutex);
  return first;
}
