/** inotify_init1, inotify_add_watch, inotify_rm_watch. Linux: fs/notify/inotify/inotify_user.c. */
import {
  do_inotify_add_watch,
  do_inotify_init,
  do_inotify_rm_watch,
} from '../kernel/notify/inotify_user.ts';
import type { Kernel } from '../kernel/op.ts';

export const sys_inotify_init1 = (flags: number): Kernel<number> => do_inotify_init(flags);

/** `mask`: IN_* bits, of which IN_ONESHOT makes the number negative or not: both are taken. */
export const sys_inotify_add_watch = (fd: number, pathname: string, mask: number): Kernel<number> =>
  do_inotify_add_watch(fd, pathname, mask | 0);

export const sys_inotify_rm_watch = (fd: number, wd: number): Kernel<number> =>
  do_inotify_rm_watch(fd, wd);
