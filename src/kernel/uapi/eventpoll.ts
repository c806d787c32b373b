/**
 * What epoll_create1(), epoll_ctl(), epoll_wait() and ioctl() take on an epoll descriptor.
 * Linux: include/uapi/linux/eventpoll.h.
 *
 * Invariants: words are int32, so EPOLLET and EPIOCGPARAMS are negative.
 */
import { O_CLOEXEC } from './fcntl.ts';

export const EPOLL_CLOEXEC: number = O_CLOEXEC;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;

export const EPOLLIN = 0x00000001;
export const EPOLLPRI = 0x00000002;
export const EPOLLOUT = 0x00000004;
export const EPOLLERR = 0x00000008;
export const EPOLLHUP = 0x00000010;
export const EPOLLNVAL = 0x00000020;
export const EPOLLRDNORM = 0x00000040;
export const EPOLLRDBAND = 0x00000080;
export const EPOLLWRNORM = 0x00000100;
export const EPOLLWRBAND = 0x00000200;
export const EPOLLMSG = 0x00000400;
export const EPOLLRDHUP = 0x00002000;

export const EPOLL_URING_WAKE: number = 1 << 27;
export const EPOLLEXCLUSIVE: number = 1 << 28;
export const EPOLLWAKEUP: number = 1 << 29;
export const EPOLLONESHOT: number = 1 << 30;
export const EPOLLET: number = 1 << 31;

/** _IOW(0x8a, 1, struct epoll_params), 8 bytes. */
export const EPIOCSPARAMS = 0x40088a01;
/** _IOR(0x8a, 2, struct epoll_params). */
export const EPIOCGPARAMS: number = 0x80088a02 | 0;
