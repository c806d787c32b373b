/**
 * Readiness bits of poll(). Linux: include/uapi/asm-generic/poll.h.
 *
 * POLLFREE and POLL_BUSY_LOOP never leave the kernel: the first tells the waiters of a queue that
 * the queue goes away, the second that poll() may spin.
 */

export const POLLIN = 0x0001;
export const POLLPRI = 0x0002;
export const POLLOUT = 0x0004;
export const POLLERR = 0x0008;
export const POLLHUP = 0x0010;
export const POLLNVAL = 0x0020;
export const POLLRDNORM = 0x0040;
export const POLLRDBAND = 0x0080;
export const POLLWRNORM = 0x0100;
export const POLLWRBAND = 0x0200;
export const POLLMSG = 0x0400;
export const POLLREMOVE = 0x1000;
export const POLLRDHUP = 0x2000;
export const POLLFREE = 0x4000;
export const POLL_BUSY_LOOP = 0x8000;
