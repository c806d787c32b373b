/** Flags of signalfd4(), and the size of what is read. Linux: include/uapi/linux/signalfd.h. */
import { O_CLOEXEC, O_NONBLOCK } from './fcntl.ts';

/** signalfd(2): the descriptor is closed by execve(2). */
export const SFD_CLOEXEC: number = O_CLOEXEC;
/** signalfd(2): a read that would wait returns -EAGAIN. */
export const SFD_NONBLOCK: number = O_NONBLOCK;
