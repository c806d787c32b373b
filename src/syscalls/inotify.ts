/** inotify_init1, inotify_add_watch, inotify_rm_watch. Linux: fs/notify/inotify/inotify_user.c. */
import { decodeText } from '../kernel/bytes.ts';
import { do_inotify_init, inotifyAddWatch, inotifyRmWatch } from '../kernel/notify/inotify_user.ts';
import type { Kernel } from '../kernel/op.ts';

export const sys_inotify_init1 = (flags: number): Kernel<number> => do_inotify_init(flags);

/** `mask`: IN_* bits, of which IN_ONESHOT makes the number negative or not: both are taken. */
export const sys_inotify_add_watch = (fd: number, pathname: string, mask: number): Kernel<number> =>
  inotifyAddWatch(fd, pathname, mask | 0);

export const sys_inotify_rm_watch = (fd: number, wd: number): Kernel<number> =>
  inotifyRmWatch(fd, wd);

/** What is read of an inotify instance: one event; see inotify(7). */
export interface inotify_event {
  /** The number of the watch, as inotify_add_watch(2) has given it; -1 for IN_Q_OVERFLOW. */
  wd: number;
  /** What has happened: IN_* bits. */
  mask: number;
  /** The same for the two halves of a rename; otherwise 0. */
  cookie: number;
  /** The entry of the directory; '' for what is watched itself. */
  name: string;
}

/** Ours: the events in the first `length` bytes of what was read from an inotify instance. */
export function inotifyEvents(bytes: Uint8Array, length: number): inotify_event[] {
  const found: inotify_event[] = [];
  const fields = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at < length; ) {
    const len = fields.getUint32(at + 12, true);
    const padded = bytes.subarray(at + 16, at + 16 + len);
    const end = padded.indexOf(0);
    found.push({
      wd: fields.getInt32(at, true),
      mask: fields.getUint32(at + 4, true),
      cookie: fields.getUint32(at + 8, true),
      name: decodeText(end < 0 ? padded : padded.subarray(0, end)),
    });
    at += 16 + len;
  }
  return found;
}
