/** Flags of timerfd_create() and timerfd_settime(). Linux: include/uapi/linux/timerfd.h. */
import { O_CLOEXEC, O_NONBLOCK } from './fcntl.ts';

/** timerfd_create(2): the first expiry is a time of the clock, not a span from now. */
export const TFD_TIMER_ABSTIME = 1;
/** timerfd_create(2): with an absolute time, setting the clock makes read(2) return -ECANCELED. */
export const TFD_TIMER_CANCEL_ON_SET = 2;
/** timerfd_create(2): the descriptor is closed by execve(2). */
export const TFD_CLOEXEC: number = O_CLOEXEC;
/** timerfd_create(2): a read that would wait returns -EAGAIN. */
export const TFD_NONBLOCK: number = O_NONBLOCK;

/** timerfd_create(2): sets how many expiries a read tells of; _IOW('T', 0, __u64). */
export const TFD_IOC_SET_TICKS = 0x40085400;
