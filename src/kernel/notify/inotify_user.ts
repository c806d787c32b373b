/**
 * The files of inotify, and its calls. Linux: fs/notify/inotify/inotify_user.c, fs/notify/fdinfo.c.
 *
 * Differs from Linux: limits count what one user has on this machine, as all its processes are of
 * one user; fdinfo has no file handle, which is the file system's own; a process is not sent SIGIO.
 */
import { anon_inode_getfile } from '../anon_inodes.ts';
import { current } from '../current.ts';
import { ERESTARTSYS } from '../errno.ts';
import {
  fd_install,
  fdget,
  type file,
  type file_operations,
  fileAt,
  fput,
  get_unused_fd_flags,
} from '../file.ts';
import { type inode, S_ISDIR } from '../fs/inode.ts';
import { noop_llseek } from '../fs/llseek.ts';
import { user_path_at } from '../fs/namei.ts';
import { list_entry, type list_head } from '../list.ts';
import { mutex_lock, mutex_unlock } from '../mutex.ts';
import type { Kernel } from '../op.ts';
import { type poll_table, poll_wait, wantsQueue } from '../poll.ts';
import { signal_pending, TASK_INTERRUPTIBLE } from '../sched.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../sleep_timeout.ts';
import { spin_lock, spin_unlock } from '../spinlock.ts';
import { __fentry__ } from '../trace.ts';
import { copy_to_iter, type iov_iter, iov_iter_count } from '../uaccess.ts';
import { EAGAIN, EBADF, EEXIST, EINVAL, EMFILE, ENOSPC, ENOTTY } from '../uapi/errno.ts';
import { EPOLLIN, EPOLLRDNORM } from '../uapi/eventpoll.ts';
import { AT_FDCWD, O_NONBLOCK, O_RDONLY } from '../uapi/fcntl.ts';
import * as uapi from '../uapi/inotify.ts';
import { FIONREAD } from '../uapi/ioctls.ts';
import { add_wait_queue, remove_wait_queue } from '../wait.ts';
import { wait_woken, wokenEntry } from '../wait_woken.ts';
import {
  detachFirstMark,
  FS_EVENT_ON_CHILD,
  FS_UNMOUNT,
  FSNOTIFY_MARK_FLAG_EXCL_UNLINK,
  FSNOTIFY_MARK_FLAG_IN_ONESHOT,
  fsnotify_add_inode_mark_locked,
  type fsnotify_event,
  fsnotify_find_inode_mark,
  fsnotify_group,
  fsnotify_mark,
} from './backend.ts';
import { fsnotify_destroy_mark, fsnotify_free_mark } from './inotify_fsnotify.ts';
import {
  fsnotify_flush_notify,
  fsnotify_notify_queue_is_empty,
  fsnotify_peek_first_event,
  fsnotify_remove_first_event,
} from './notification.ts';

/** What inotify keeps for the whole system. */
export class InotifyStatics {
  /** /proc/sys/fs/inotify. */
  max_queued_events = 16_384;
  max_user_instances = 128;
  max_user_watches: number;
  // Ours: what of these there is, and counters that make names.
  instances = 0;
  watches = 0;
  groups = 0;
  cookies = 0;

  constructor(totalram: number) {
    const most = Math.floor((Math.floor(totalram / 100) * 4096) / inotifyWatchCost);
    this.max_user_watches = Math.min(Math.max(most, 8192), 1_048_576);
  }
}

/** What a watch and the inode that it holds take, in bytes. */
const inotifyWatchCost = 1312;

const ALL_INOTIFY_BITS: number =
  uapi.IN_ALL_EVENTS |
  uapi.IN_UNMOUNT |
  uapi.IN_Q_OVERFLOW |
  uapi.IN_IGNORED |
  uapi.IN_ONLYDIR |
  uapi.IN_DONT_FOLLOW |
  uapi.IN_EXCL_UNLINK |
  uapi.IN_MASK_ADD |
  uapi.IN_MASK_CREATE |
  uapi.IN_ISDIR |
  uapi.IN_ONESHOT;

/** struct inotify_event, without the name. */
const sizeOfEvent = 16;

function inotify_arg_to_mask(of: inode, arg: number): number {
  const mask = FS_UNMOUNT | (arg & uapi.IN_ALL_EVENTS);
  return S_ISDIR(of.i_mode) ? mask | FS_EVENT_ON_CHILD : mask;
}

function inotify_arg_to_flags(arg: number): number {
  let flags = 0;
  if ((arg & uapi.IN_EXCL_UNLINK) !== 0) flags |= FSNOTIFY_MARK_FLAG_EXCL_UNLINK;
  if ((arg & uapi.IN_ONESHOT) !== 0) flags |= FSNOTIFY_MARK_FLAG_IN_ONESHOT;
  return flags;
}

const INOTIFY_MARK_FLAGS: number = FSNOTIFY_MARK_FLAG_EXCL_UNLINK | FSNOTIFY_MARK_FLAG_IN_ONESHOT;

const inotify_mask_to_arg = (mask: number): number =>
  mask &
  (uapi.IN_ALL_EVENTS | uapi.IN_ISDIR | uapi.IN_UNMOUNT | uapi.IN_IGNORED | uapi.IN_Q_OVERFLOW);

const groupOf = (f: file): fsnotify_group => f.private_data as fsnotify_group;

function* inotify_poll(f: file, wait: poll_table | null): Kernel<number> {
  __fentry__('inotify_poll');
  const group = groupOf(f);
  if (wantsQueue(wait)) yield* poll_wait(f, group.notification_waitq, wait);
  yield spin_lock(group.notification_lock);
  const ret = fsnotify_notify_queue_is_empty(group) ? 0 : EPOLLIN | EPOLLRDNORM;
  spin_unlock(group.notification_lock);
  return ret;
}

/** With its zero, and padded so that the next event is aligned. */
const round_event_name_len = ({ name }: fsnotify_event): number =>
  name === null || name.length === 0 ? 0 : Math.ceil((name.length + 1) / sizeOfEvent) * sizeOfEvent;

/** The oldest event, off the queue; null for none, -EINVAL if it is larger than `count`. */
function* get_one_event(
  group: fsnotify_group,
  count: number,
): Kernel<fsnotify_event | number | null> {
  yield spin_lock(group.notification_lock);
  const event = fsnotify_peek_first_event(group);
  const fits = event === null || sizeOfEvent + round_event_name_len(event) <= count;
  if (fits) fsnotify_remove_first_event(group);
  spin_unlock(group.notification_lock);
  return fits ? event : -EINVAL;
}

function copy_event_to_user(event: fsnotify_event, to: iov_iter): void {
  const len = round_event_name_len(event);
  const bytes = new Uint8Array(sizeOfEvent + len);
  const fields = new DataView(bytes.buffer);
  fields.setInt32(0, event.wd, true);
  fields.setUint32(4, inotify_mask_to_arg(event.mask), true);
  fields.setUint32(8, event.sync_cookie, true);
  fields.setUint32(12, len, true);
  if (event.name !== null) bytes.set(event.name, sizeOfEvent);
  copy_to_iter(bytes, to);
}

/** Reads as many events as are there and fit; waits for the first. */
function* inotify_read(f: file, to: iov_iter): Kernel<number> {
  __fentry__('inotify_read');
  const group = groupOf(f);
  const wait = wokenEntry();
  const start = iov_iter_count(to);
  let ret = 0;
  yield* add_wait_queue(group.notification_waitq, wait);
  for (;;) {
    const event = yield* get_one_event(group, iov_iter_count(to));
    if (typeof event === 'number') {
      ret = event;
      break;
    }
    if (event !== null) {
      copy_event_to_user(event, to);
      continue;
    }
    ret = -EAGAIN;
    if ((f.f_flags & O_NONBLOCK) !== 0) break;
    ret = -ERESTARTSYS;
    if (signal_pending(current)) break;
    if (iov_iter_count(to) !== start) break;
    yield* wait_woken(wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
  }
  yield* remove_wait_queue(group.notification_waitq, wait);
  return start === iov_iter_count(to) ? ret : start - iov_iter_count(to);
}

/** The instance is closed: its watches go, and nobody reads what is left. */
function* inotify_release(f: file): Kernel<void> {
  const group = groupOf(f);
  yield spin_lock(group.notification_lock);
  group.shutdown = true;
  spin_unlock(group.notification_lock);
  for (;;) {
    const mark = yield* detachFirstMark(group);
    if (mark === null) break;
    yield* fsnotify_free_mark(mark);
  }
  yield* fsnotify_flush_notify(group);
  current.kernel.inotify.instances--;
}

function* inotify_ioctl(f: file, cmd: number, arg: unknown): Kernel<number> {
  const group = groupOf(f);
  const pointer = arg as { value: number };
  if (cmd === uapi.INOTIFY_IOC_SETNEXTWD) {
    if (pointer.value < 1 || pointer.value > 0x7fff_ffff) return -EINVAL;
    group.idr_next = pointer.value;
    return 0;
  }
  if (cmd !== FIONREAD) return -ENOTTY;
  let send_len = 0;
  yield spin_lock(group.notification_lock);
  const { notification_list: list } = group;
  for (let at: list_head<fsnotify_event> = list.next; at !== list; at = at.next) {
    send_len += sizeOfEvent + round_event_name_len(list_entry(at));
  }
  spin_unlock(group.notification_lock);
  pointer.value = send_len;
  return 0;
}

function inotify_mark_user_mask({ mask, flags }: fsnotify_mark): number {
  let shown = mask & uapi.IN_ALL_EVENTS;
  if ((flags & FSNOTIFY_MARK_FLAG_EXCL_UNLINK) !== 0) shown |= uapi.IN_EXCL_UNLINK;
  if ((flags & FSNOTIFY_MARK_FLAG_IN_ONESHOT) !== 0) shown |= uapi.IN_ONESHOT;
  return shown >>> 0;
}

const hex = (value: number): string => value.toString(16);

function* inotify_show_fdinfo(m: string[], f: file): Kernel<void> {
  const { mark_mutex, marks_list } = groupOf(f);
  yield mutex_lock(mark_mutex);
  for (let at: list_head<fsnotify_mark> = marks_list.next; at !== marks_list; at = at.next) {
    const mark = list_entry(at);
    const { i_ino, s_dev } = mark.inode;
    const mask = hex(inotify_mark_user_mask(mark));
    m.push(
      `inotify wd:${hex(mark.wd)} ino:${hex(i_ino)} sdev:${hex(s_dev)} mask:${mask} ignored_mask:0 `,
    );
  }
  mutex_unlock(mark_mutex);
}

export const inotify_fops: file_operations = {
  name: 'inotify',
  show_fdinfo: inotify_show_fdinfo,
  poll: inotify_poll,
  read_iter: inotify_read,
  readsSegments: true,
  canAsync: true,
  release: inotify_release,
  unlocked_ioctl: inotify_ioctl,
  llseek: noop_llseek,
};

/** Changes the mask of the watch that is there; its number, or -errno. */
function inotify_update_existing_watch(group: fsnotify_group, of: inode, arg: number): number {
  const mark = fsnotify_find_inode_mark(of, group);
  if (mark === null) return 0;
  if ((arg & uapi.IN_MASK_CREATE) !== 0) return -EEXIST;
  if ((arg & uapi.IN_MASK_ADD) === 0) {
    mark.mask = 0;
    mark.flags &= ~INOTIFY_MARK_FLAGS;
  }
  mark.mask |= inotify_arg_to_mask(of, arg);
  mark.flags |= inotify_arg_to_flags(arg);
  return mark.wd;
}

function* inotify_new_watch(group: fsnotify_group, of: inode, arg: number): Kernel<number> {
  const { inotify } = current.kernel;
  const mark = new fsnotify_mark(
    group,
    of,
    inotify_arg_to_mask(of, arg),
    inotify_arg_to_flags(arg),
  );
  const wd = group.idr_next++; // Taken also where the limit is reached.
  if (inotify.watches >= inotify.max_user_watches) return -ENOSPC;
  inotify.watches++;
  mark.wd = wd;
  group.idr.set(wd, mark);
  yield* fsnotify_add_inode_mark_locked(mark);
  return wd;
}

function* inotify_update_watch(group: fsnotify_group, of: inode, arg: number): Kernel<number> {
  yield mutex_lock(group.mark_mutex);
  let ret = inotify_update_existing_watch(group, of, arg);
  if (ret === 0) ret = yield* inotify_new_watch(group, of, arg);
  mutex_unlock(group.mark_mutex);
  return ret;
}

/** A new instance behind the lowest free descriptor, or -errno. */
export function* do_inotify_init(flags: number): Kernel<number> {
  const { inotify } = current.kernel;
  if ((flags & ~(uapi.IN_CLOEXEC | uapi.IN_NONBLOCK)) !== 0) return -EINVAL;
  if (inotify.instances >= inotify.max_user_instances) return -EMFILE;
  inotify.instances++;
  const group = new fsnotify_group(inotify.max_queued_events);
  const fd = yield* get_unused_fd_flags(flags);
  if (fd < 0) {
    inotify.instances--;
    return fd;
  }
  const status = O_RDONLY | (flags & uapi.IN_NONBLOCK);
  fd_install(fd, anon_inode_getfile('inotify', inotify_fops, group, status));
  return fd;
}

/** The instance behind a descriptor, with a reference for this call; or -errno. */
function inotifyFile(fd: number): file | number {
  const f = fdget(fd);
  if (f === null) return -EBADF;
  if (f.f_op === inotify_fops) return f;
  fput(f);
  return -EINVAL;
}

/** Watches a path, or changes how it is watched; the number of the watch, or -errno. */
export function* inotifyAddWatch(fd: number, pathname: string, mask: number): Kernel<number> {
  if ((mask & ~ALL_INOTIFY_BITS) !== 0 || (mask & ALL_INOTIFY_BITS) === 0) return -EINVAL;
  const both = uapi.IN_MASK_ADD | uapi.IN_MASK_CREATE;
  if ((mask & both) === both) return fdExists(fd) ? -EINVAL : -EBADF;
  const f = inotifyFile(fd);
  if (typeof f === 'number') return f;
  const onlyDir = (mask & uapi.IN_ONLYDIR) !== 0;
  const found = yield* user_path_at(AT_FDCWD, pathname, onlyDir);
  const ret =
    typeof found === 'number'
      ? found
      : yield* inotify_update_watch(groupOf(f), found.d_inode, mask);
  fput(f);
  return ret;
}

const fdExists = (fd: number): boolean => fileAt(current.files, fd) !== null;

/** Ends a watch; 0, or -errno. */
export function* inotifyRmWatch(fd: number, wd: number): Kernel<number> {
  const f = inotifyFile(fd);
  if (typeof f === 'number') return f;
  const mark = groupOf(f).idr.get(wd);
  if (mark !== undefined) yield* fsnotify_destroy_mark(mark);
  fput(f);
  return mark === undefined ? -EINVAL : 0;
}
