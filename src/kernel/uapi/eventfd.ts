/** Flags of eventfd2(). Linux: include/uapi/linux/eventfd.h. */
import { O_CLOEXEC, O_NONBLOCK } from './fcntl.ts';

/** eventfd(2): each read takes 1 off the counter, instead of all of it. */
export const EFD_SEMAPHORE = 1;
/** eventfd(2): the descriptor is closed by execve(2). */
export const EFD_CLOEXEC: number = O_CLOEXEC;
/** eventfd(2): a read or write that would wait returns -EAGAIN. */
export const EFD_NONBLOCK: number = O_NONBLOCK;
