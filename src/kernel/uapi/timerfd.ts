/** Flags of timerfd_create() and timerfd_settime(). Linux: include/uapi/linux/timerfd.h. */
import { O_CLOEXEC, O_NONBLOCK } from './fcntl.ts';

export const TFD_TIMER_ABSTIME = 1;
export const TFD_TIMER_CANCEL_ON_SET = 2;
export const TFD_CLOEXEC: number = O_CLOEXEC;
export const TFD_NONBLOCK: number = O_NONBLOCK;

/** _IOW('T', 0, __u64): sets the number of ticks. */
export const TFD_IOC_SET_TICKS = 0x40085400;
