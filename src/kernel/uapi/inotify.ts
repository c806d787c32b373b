/** What inotify reports and takes. Linux: include/uapi/linux/inotify.h. */
import { O_CLOEXEC, O_NONBLOCK } from './fcntl.ts';

/** inotify(7): the file was read, or executed. */
export const IN_ACCESS = 0x1;
/** inotify(7): the file was written, or cut. */
export const IN_MODIFY = 0x2;
/** inotify(7): metadata changed: permissions, times, the number of links. */
export const IN_ATTRIB = 0x4;
/** inotify(7): a file that was open for writing was closed. */
export const IN_CLOSE_WRITE = 0x8;
/** inotify(7): a file or directory that was not open for writing was closed. */
export const IN_CLOSE_NOWRITE = 0x10;
/** inotify(7): the file or directory was opened. */
export const IN_OPEN = 0x20;
/** inotify(7): an entry of the directory was renamed: this was its name. */
export const IN_MOVED_FROM = 0x40;
/** inotify(7): an entry was renamed into the directory: this is its name. */
export const IN_MOVED_TO = 0x80;
/** inotify(7): an entry was made in the directory. */
export const IN_CREATE = 0x100;
/** inotify(7): an entry of the directory was deleted. */
export const IN_DELETE = 0x200;
/** inotify(7): what is watched was itself deleted. */
export const IN_DELETE_SELF = 0x400;
/** inotify(7): what is watched was itself renamed. */
export const IN_MOVE_SELF = 0x800;

/** inotify(7): the filesystem was unmounted; IN_IGNORED follows. */
export const IN_UNMOUNT = 0x2000;
/** inotify(7): the queue was full and events were lost; `wd` is -1. */
export const IN_Q_OVERFLOW = 0x4000;
/** inotify(7): the watch is gone: removed, deleted or unmounted. */
export const IN_IGNORED = 0x8000;

/** inotify(7): both ways to be closed. */
export const IN_CLOSE: number = IN_CLOSE_WRITE | IN_CLOSE_NOWRITE;
/** inotify(7): both ends of a rename. */
export const IN_MOVE: number = IN_MOVED_FROM | IN_MOVED_TO;

/** inotify(7): inotify_add_watch(2) refuses what is not a directory, with -ENOTDIR. */
export const IN_ONLYDIR = 0x0100_0000;
/** inotify(7): a symbolic link is itself watched. */
export const IN_DONT_FOLLOW = 0x0200_0000;
/** inotify(7): entries that have been unlinked report no more. */
export const IN_EXCL_UNLINK = 0x0400_0000;
/** inotify(7): inotify_add_watch(2) refuses what is watched already, with -EEXIST. */
export const IN_MASK_CREATE = 0x1000_0000;
/** inotify(7): adds to the mask of a watch, instead of replacing it. */
export const IN_MASK_ADD = 0x2000_0000;
/** inotify(7): the event is about a directory. */
export const IN_ISDIR = 0x4000_0000;
/** inotify(7): the watch goes away after one event. */
export const IN_ONESHOT: number = 1 << 31;

/** inotify(7): every event that can be asked for. */
export const IN_ALL_EVENTS = 0xfff;

/** inotify_init1(2): the descriptor is closed by execve(2). */
export const IN_CLOEXEC: number = O_CLOEXEC;
/** inotify_init1(2): a read that would wait returns -EAGAIN. */
export const IN_NONBLOCK: number = O_NONBLOCK;
/** linux/inotify.h: sets the number of the next watch, for checkpoints. */
export const INOTIFY_IOC_SETNEXTWD = 0x4004_4900;
