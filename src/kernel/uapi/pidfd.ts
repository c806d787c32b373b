/** What pidfd_open() and pidfd_send_signal() take. Linux: include/uapi/linux/pidfd.h. */
import { O_EXCL, O_NONBLOCK } from './fcntl.ts';

/** pidfd_open(2): waitid(2) on it returns -EAGAIN instead of waiting. */
export const PIDFD_NONBLOCK: number = O_NONBLOCK;
/** pidfd_open(2): for a thread, which need not be the first of its process. */
export const PIDFD_THREAD: number = O_EXCL;

/** pidfd_send_signal(2): the signal is for the thread alone. */
export const PIDFD_SIGNAL_THREAD = 1;
/** pidfd_send_signal(2): the signal is for the process. */
export const PIDFD_SIGNAL_THREAD_GROUP = 2;
/** pidfd_send_signal(2): the signal is for the process group. */
export const PIDFD_SIGNAL_PROCESS_GROUP = 4;
