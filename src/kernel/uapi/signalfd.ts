/** Flags of signalfd4(), and the size of what is read. Linux: include/uapi/linux/signalfd.h. */
import { O_CLOEXEC, O_NONBLOCK } from './fcntl.ts';

export const SFD_CLOEXEC: number = O_CLOEXEC;
export const SFD_NONBLOCK: number = O_NONBLOCK;
