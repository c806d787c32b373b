/**
 * From what happens to a file to those who watch it. Linux: fs/notify/fsnotify.c,
 * include/linux/fsnotify.h.
 *
 * An event goes to the marks of the file's inode, without a name, and, if it is of those that a
 * directory hears of, to the marks of its directory, with the name. An event about a name goes to
 * the directory only.
 */
import { current } from '../current.ts';
import { FMODE_WRITE, type file } from '../file.ts';
import { d_unlinked, type dentry, IS_ROOT } from '../fs/dcache.ts';
import { type inode, S_ISDIR } from '../fs/inode.ts';
import type { Kernel } from '../op.ts';
import { traceFact } from '../trace.ts';
import {
  ALL_FSNOTIFY_DIRENT_EVENTS,
  ALL_FSNOTIFY_EVENTS,
  FS_ACCESS,
  FS_ATTRIB,
  FS_CLOSE_NOWRITE,
  FS_CLOSE_WRITE,
  FS_CREATE,
  FS_DELETE,
  FS_DELETE_SELF,
  FS_EVENT_ON_CHILD,
  FS_EVENTS_POSS_ON_CHILD,
  FS_ISDIR,
  FS_MODIFY,
  FS_MOVE_SELF,
  FS_MOVED_FROM,
  FS_MOVED_TO,
  FS_OPEN,
  FSNOTIFY_MARK_FLAG_EXCL_UNLINK,
  type fsnotify_mark,
  fsnotifyMask,
} from './backend.ts';
import { fsnotify_destroy_mark, inotify_handle_inode_event } from './inotify_fsnotify.ts';

/** What happened, on its way to the marks. */
interface Event {
  readonly mask: number;
  /** The name that an open file was opened by; null where there was none. */
  readonly path: dentry | null;
  readonly name: string | null;
  readonly cookie: number;
}

function* fsnotify_handle_inode_event(mark: fsnotify_mark, event: Event): Kernel<void> {
  const { mask, path } = event;
  const excluded = (mark.flags & FSNOTIFY_MARK_FLAG_EXCL_UNLINK) !== 0;
  if (excluded && path !== null && d_unlinked(path)) return;
  if ((mask & mark.mask & ALL_FSNOTIFY_EVENTS) === 0) {
    traceFact('not watched', mark.group);
    return;
  }
  yield* inotify_handle_inode_event(mark, mask, event.name, event.cookie);
}

/** Tells one group, by its mark on the directory and by the one on the inode. */
function* fsnotify_handle_event(
  parent_mark: fsnotify_mark | null,
  inode_mark: fsnotify_mark | null,
  event: Event,
): Kernel<void> {
  if (parent_mark !== null) {
    yield* fsnotify_handle_inode_event(parent_mark, { ...event, cookie: 0 });
  }
  if (inode_mark === null) return;
  const mask = event.mask & ~FS_EVENT_ON_CHILD;
  const name = (mask & ALL_FSNOTIFY_DIRENT_EVENTS) === 0 ? null : event.name;
  yield* fsnotify_handle_inode_event(inode_mark, { ...event, mask, name });
}

const noMarks: readonly fsnotify_mark[] = [];

/** Tells all marks of `of`, and those of `parent` that care for what is in it. */
function* fsnotify(of: inode, parent: inode | null, event: Event): Kernel<void> {
  const marks = of.i_fsnotify_marks?.list ?? noMarks;
  const parentMarks = parent?.i_fsnotify_marks?.list ?? noMarks;
  let i = 0;
  let p = 0;
  for (;;) {
    const mark = marks[i] ?? null;
    const parentMark = parentMarks[p] ?? null;
    const next = Math.max(mark?.group.address ?? 0, parentMark?.group.address ?? 0);
    if (next === 0) return;
    const inode_mark = mark?.group.address === next ? mark : null;
    const parent_mark = parentMark?.group.address === next ? parentMark : null;
    if (inode_mark !== null) i++;
    if (parent_mark !== null) p++;
    const cares = parent_mark !== null && (parent_mark.mask & FS_EVENT_ON_CHILD) !== 0;
    yield* fsnotify_handle_event(cares ? parent_mark : null, inode_mark, event);
  }
}

/** Which events on what is in a directory somebody wants to hear of. */
function fsnotify_inode_watches_children(dir: inode): number {
  if (dir.i_fsnotify_marks === null) return 0;
  const mask = fsnotifyMask(dir);
  return (mask & FS_EVENT_ON_CHILD) === 0 ? 0 : mask & FS_EVENTS_POSS_ON_CHILD;
}

/** An event on a file, for who watches it and who watches its directory. */
function* fsnotify_parent(d: dentry, what: number, path: dentry | null): Kernel<void> {
  const dir = d.d_parent.d_inode;
  if (d.d_inode.i_fsnotify_marks === null && dir.i_fsnotify_marks === null) return;
  let mask = S_ISDIR(d.d_inode.i_mode) ? what | FS_ISDIR : what;
  const p_mask = IS_ROOT(d) ? 0 : fsnotify_inode_watches_children(dir);
  if ((mask & p_mask & ALL_FSNOTIFY_EVENTS) === 0) {
    yield* fsnotify(d.d_inode, null, { mask, path, name: null, cookie: 0 });
    return;
  }
  mask |= FS_EVENT_ON_CHILD;
  yield* fsnotify(d.d_inode, dir, { mask, path, name: d.d_name, cookie: 0 });
}

/** An event on the inode alone. */
function* fsnotify_inode(of: inode, what: number): Kernel<void> {
  if (of.i_fsnotify_marks === null) return;
  const mask = S_ISDIR(of.i_mode) ? what | FS_ISDIR : what;
  yield* fsnotify(of, null, { mask, path: null, name: null, cookie: 0 });
}

/** An event on a name, for who watches the directory. */
function* fsnotify_name(dir: inode, mask: number, name: string, cookie: number): Kernel<void> {
  if (dir.i_fsnotify_marks === null) return;
  yield* fsnotify(dir, null, { mask, path: null, name, cookie });
}

function* fsnotify_file({ f_path, f_op }: file, mask: number): Kernel<void> {
  if (f_path !== null && f_op.notifiesNobody !== true) yield* fsnotify_parent(f_path, mask, f_path);
}

export const fsnotify_access = (f: file): Kernel<void> => fsnotify_file(f, FS_ACCESS);
export const fsnotify_modify = (f: file): Kernel<void> => fsnotify_file(f, FS_MODIFY);
export const fsnotify_open = (f: file): Kernel<void> => fsnotify_file(f, FS_OPEN);
export const fsnotify_close = (f: file): Kernel<void> =>
  fsnotify_file(f, (f.f_mode & FMODE_WRITE) !== 0 ? FS_CLOSE_WRITE : FS_CLOSE_NOWRITE);

/** The size was set. */
export const fsnotify_change = (d: dentry): Kernel<void> => fsnotify_parent(d, FS_MODIFY, null);

const isdir = (of: inode): number => (S_ISDIR(of.i_mode) ? FS_ISDIR : 0);

export const fsnotify_create = (dir: inode, d: dentry): Kernel<void> =>
  fsnotify_name(dir, FS_CREATE | isdir(d.d_inode), d.d_name, 0);
export const fsnotify_delete = (dir: inode, d: dentry): Kernel<void> =>
  fsnotify_name(dir, FS_DELETE | isdir(d.d_inode), d.d_name, 0);
export const fsnotify_link_count = (of: inode): Kernel<void> => fsnotify_inode(of, FS_ATTRIB);

export function* fsnotify_link(dir: inode, d: dentry): Kernel<void> {
  yield* fsnotify_link_count(d.d_inode);
  yield* fsnotify_name(dir, FS_CREATE, d.d_name, 0);
}

/** `moved` has its new name; `target` is what had it before. */
export function* fsnotify_move(
  old_dir: inode,
  new_dir: inode,
  old_name: string,
  target: inode | null,
  moved: dentry,
): Kernel<void> {
  const dir = isdir(moved.d_inode);
  const cookie = ++current.kernel.inotify.cookies;
  yield* fsnotify_name(old_dir, FS_MOVED_FROM | dir, old_name, cookie);
  yield* fsnotify_name(new_dir, FS_MOVED_TO | dir, moved.d_name, cookie);
  if (target !== null) yield* fsnotify_link_count(target);
  yield* fsnotify_inode(moved.d_inode, FS_MOVE_SELF);
}

/** The inode goes, and with it whoever watches it. */
export function* fsnotify_inoderemove(of: inode): Kernel<void> {
  if (of.i_fsnotify_marks === null) return;
  yield* fsnotify_inode(of, FS_DELETE_SELF);
  for (const mark of of.i_fsnotify_marks.list) yield* fsnotify_destroy_mark(mark);
}
