/** What pidfd_open() and pidfd_send_signal() take. Linux: include/uapi/linux/pidfd.h. */
import { O_EXCL, O_NONBLOCK } from './fcntl.ts';

export const PIDFD_NONBLOCK: number = O_NONBLOCK;
/** For a thread, which need not be the first of its process. */
export const PIDFD_THREAD: number = O_EXCL;

export const PIDFD_SIGNAL_THREAD = 1;
export const PIDFD_SIGNAL_THREAD_GROUP = 2;
export const PIDFD_SIGNAL_PROCESS_GROUP = 4;
