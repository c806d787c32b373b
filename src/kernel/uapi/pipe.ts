/** Pipes. Linux: include/uapi/linux/limits.h, include/uapi/linux/watch_queue.h. */
import { O_EXCL } from './fcntl.ts';

/** pipe(7): a write of up to so many bytes is not mixed with others. */
export const PIPE_BUF = 4096;

/** pipe2(2): makes a pipe that carries notifications of the kernel. */
export const O_NOTIFICATION_PIPE: number = O_EXCL;
