/**
 * File status flags, descriptor flags and the commands of fcntl(), for x86-64.
 * Linux: include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h.
 */

/** fcntl(2): the bits of the flags that are the access mode. */
export const O_ACCMODE = 0o3;
/** open(2): the file can be read. */
export const O_RDONLY = 0o0;
/** open(2): the file can be written. */
export const O_WRONLY = 0o1;
/** open(2): the file can be read and written. */
export const O_RDWR = 0o2;
/** open(2): the file is created if it is not there. */
export const O_CREAT = 0o100;
/** open(2): with O_CREAT: -EEXIST if the file is there. */
export const O_EXCL = 0o200;
/** open(2): a terminal does not become the controlling terminal. */
export const O_NOCTTY = 0o400;
/** open(2): a regular file is cut to 0 bytes. */
export const O_TRUNC = 0o1000;
/** open(2): every write goes to the end of the file. */
export const O_APPEND = 0o2000;
/** open(2): a call that would wait returns -EAGAIN. */
export const O_NONBLOCK = 0o4000;
/** open(2): a write waits until its data is on the disk. */
export const O_DSYNC = 0o10000;
/** open(2): past the page cache; of pipe2(2): each write is a packet. */
export const O_DIRECT = 0o40000;
/** open(2): files of 2 GiB and more; always set on x86-64. */
export const O_LARGEFILE = 0o100000;
/** open(2): -ENOTDIR unless it is a directory. */
export const O_DIRECTORY = 0o200000;
/** open(2): -ELOOP if the path ends in a symbolic link. */
export const O_NOFOLLOW = 0o400000;
/** open(2): a signal is sent when the file becomes ready: see F_SETOWN. */
export const O_ASYNC = 0o20000;
/** open(2): a read leaves the time of the last access alone. */
export const O_NOATIME = 0o1000000;
/** open(2): the descriptor is closed by execve(2). */
export const O_CLOEXEC = 0o2000000;
/** asm-generic/fcntl.h: the bit by which O_SYNC is more than O_DSYNC. */
export const __O_SYNC = 0o4000000;
/** open(2): a write waits until its data and all of the file's metadata are on the disk. */
export const O_SYNC: number = __O_SYNC | O_DSYNC;
/**
 * open(2): the descriptor only stands for a place in the tree: it cannot be read, written or
 * polled.
 */
export const O_PATH = 0o10000000;
/** asm-generic/fcntl.h: the bit by which O_TMPFILE is more than O_DIRECTORY. */
export const __O_TMPFILE = 0o20000000;
/** open(2): a file without a name, in the directory that is given. */
export const O_TMPFILE: number = __O_TMPFILE | O_DIRECTORY;
/** open(2): another name of O_NONBLOCK. */
export const O_NDELAY: number = O_NONBLOCK;

/** open(2): in place of a directory's descriptor: relative to the working directory. */
export const AT_FDCWD = -100;

/** fcntl(2): the lowest free descriptor from the argument on becomes a copy. */
export const F_DUPFD = 0;
/** fcntl(2): the flags of the descriptor, FD_CLOEXEC. */
export const F_GETFD = 1;
/** fcntl(2): sets the flags of the descriptor. */
export const F_SETFD = 2;
/** fcntl(2): access mode and status flags, O_*, of the open file. */
export const F_GETFL = 3;
/** fcntl(2): sets O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME and O_NONBLOCK of the open file. */
export const F_SETFL = 4;
/** fcntl(2): asks for a lock of the process that would be in the way. */
export const F_GETLK = 5;
/** fcntl(2): takes or releases a lock of the process; -EAGAIN if another one is in the way. */
export const F_SETLK = 6;
/** fcntl(2): as F_SETLK, and waits. */
export const F_SETLKW = 7;
/** fcntl(2): who gets the signals of O_ASYNC: a process, or a group negated. */
export const F_SETOWN = 8;
/** fcntl(2): who gets the signals of O_ASYNC. */
export const F_GETOWN = 9;
/** fcntl(2): the signal of O_ASYNC; 0 is SIGIO. */
export const F_SETSIG = 10;
/** fcntl(2): the signal of O_ASYNC. */
export const F_GETSIG = 11;
/** fcntl(2): as F_SETOWN, and it can be a thread. */
export const F_SETOWN_EX = 15;
/** fcntl(2): what F_SETOWN_EX has set. */
export const F_GETOWN_EX = 16;
/** asm-generic/fcntl.h: the user ids of the owner, for checkpoints. */
export const F_GETOWNER_UIDS = 17;
/** fcntl(2): asks for a lock of the open file that would be in the way. */
export const F_OFD_GETLK = 36;
/** fcntl(2): takes or releases a lock of the open file. */
export const F_OFD_SETLK = 37;
/** fcntl(2): as F_OFD_SETLK, and waits. */
export const F_OFD_SETLKW = 38;
/** fcntl(2): the owner is a thread. */
export const F_OWNER_TID = 0;
/** fcntl(2): the owner is a process. */
export const F_OWNER_PID = 1;
/** fcntl(2): the owner is a process group. */
export const F_OWNER_PGRP = 2;
/** fcntl(2): a lock that others may share. */
export const F_RDLCK = 0;
/** fcntl(2): a lock for one alone. */
export const F_WRLCK = 1;
/** fcntl(2): no lock, or its release. */
export const F_UNLCK = 2;
/** asm-generic/fcntl.h: a lock for one alone, of flock() of old. */
export const F_EXLCK = 4;
/** asm-generic/fcntl.h: a shared lock, of flock() of old. */
export const F_SHLCK = 8;

/** linux/fcntl.h: the first command that only Linux has. */
export const F_LINUX_SPECIFIC_BASE = 1024;
/** fcntl(2): takes or gives back a lease on a file. */
export const F_SETLEASE = 1024;
/** fcntl(2): the lease that is held. */
export const F_GETLEASE = 1025;
/** fcntl(2): a signal when a directory changes (dnotify). */
export const F_NOTIFY = 1026;
/** linux/fcntl.h: calls a lock off that is waited for; in the kernel only. */
export const F_CANCELLK = 1029;
/** fcntl(2): as F_DUPFD, with FD_CLOEXEC set. */
export const F_DUPFD_CLOEXEC = 1030;
/** fcntl(2): sets how many bytes a pipe holds, rounded up to a power of two of pages. */
export const F_SETPIPE_SZ = 1031;
/** fcntl(2): how many bytes a pipe holds. */
export const F_GETPIPE_SZ = 1032;

/** fcntl(2): the descriptor is closed by execve(2). */
export const FD_CLOEXEC = 1;

// In place of a pidfd.
/** linux/pidfd.h: in place of a pidfd, the calling thread. */
export const PIDFD_SELF_THREAD = -10000;
/** linux/pidfd.h: in place of a pidfd, the process of the calling thread. */
export const PIDFD_SELF_THREAD_GROUP = -10001;
