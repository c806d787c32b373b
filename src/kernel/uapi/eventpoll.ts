/**
 * What epoll_create1(), epoll_ctl(), epoll_wait() and ioctl() take on an epoll descriptor.
 * Linux: include/uapi/linux/eventpoll.h.
 *
 * Invariants: words are int32, so EPOLLET and EPIOCGPARAMS are negative.
 */
import { O_CLOEXEC } from './fcntl.ts';

/** epoll_create1(2): the descriptor is closed by execve(2). */
export const EPOLL_CLOEXEC: number = O_CLOEXEC;

/** epoll_ctl(2): registers a file with an instance. */
export const EPOLL_CTL_ADD = 1;
/** epoll_ctl(2): takes a file off an instance. */
export const EPOLL_CTL_DEL = 2;
/** epoll_ctl(2): changes what is asked of a file, and arms it again. */
export const EPOLL_CTL_MOD = 3;

/** epoll_ctl(2): there is something to read, or the end. */
export const EPOLLIN = 0x00000001;
/** epoll_ctl(2): something exceptional, such as out-of-band data of TCP: see POLLPRI in poll(2). */
export const EPOLLPRI = 0x00000002;
/** epoll_ctl(2): there is room to write. */
export const EPOLLOUT = 0x00000004;
/** epoll_ctl(2): the file has an error, or nobody reads the pipe any more; reported unasked. */
export const EPOLLERR = 0x00000008;
/**
 * epoll_ctl(2): both directions are closed, or nobody writes the pipe any more; reported unasked.
 */
export const EPOLLHUP = 0x00000010;
/** linux/eventpoll.h: never reported by epoll; poll(2) has it for a descriptor that is not open. */
export const EPOLLNVAL = 0x00000020;
/** poll(2): normal data can be read, as EPOLLIN. */
export const EPOLLRDNORM = 0x00000040;
/** poll(2): data of a priority band can be read. */
export const EPOLLRDBAND = 0x00000080;
/** poll(2): normal data can be written, as EPOLLOUT. */
export const EPOLLWRNORM = 0x00000100;
/** poll(2): data of a priority band can be written. */
export const EPOLLWRBAND = 0x00000200;
/** poll(2): unused on Linux. */
export const EPOLLMSG = 0x00000400;
/** epoll_ctl(2): the peer will send no more: it has closed, or has shut down its writing side. */
export const EPOLLRDHUP = 0x00002000;

/** linux/eventpoll.h: the wakeup comes from io_uring; in the kernel only. */
export const EPOLL_URING_WAKE: number = 1 << 27;
/** epoll_ctl(2): of several instances that watch the file, an event wakes one or more, not all. */
export const EPOLLEXCLUSIVE: number = 1 << 28;
/** epoll_ctl(2): the system does not suspend while the event is being dealt with. */
export const EPOLLWAKEUP: number = 1 << 29;
/** epoll_ctl(2): after one report the file is disarmed, until EPOLL_CTL_MOD. */
export const EPOLLONESHOT: number = 1 << 30;
/**
 * epoll_ctl(2): edge-triggered: reported when something happens, not as long as it lasts; see
 * epoll(7).
 */
export const EPOLLET: number = 1 << 31;

/** ioctl_eventpoll(2): sets how an instance polls devices; _IOW(0x8a, 1, struct epoll_params). */
export const EPIOCSPARAMS = 0x40088a01;
/** ioctl_eventpoll(2): how an instance polls devices; _IOR(0x8a, 2, struct epoll_params). */
export const EPIOCGPARAMS: number = 0x80088a02 | 0;
