/** Flags of eventfd2(). Linux: include/uapi/linux/eventfd.h. */
import { O_CLOEXEC, O_NONBLOCK } from './fcntl.ts';

export const EFD_SEMAPHORE = 1;
export const EFD_CLOEXEC: number = O_CLOEXEC;
export const EFD_NONBLOCK: number = O_NONBLOCK;
