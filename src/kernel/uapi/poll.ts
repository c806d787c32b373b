/**
 * Readiness bits of poll(). Linux: include/uapi/asm-generic/poll.h.
 *
 * POLLFREE and POLL_BUSY_LOOP never leave the kernel: the first tells the waiters of a queue that
 * the queue goes away, the second that poll() may spin.
 */

/** poll(2): there is something to read, or the end. */
export const POLLIN = 0x0001;
/**
 * poll(2): something exceptional: out-of-band data, a change of a pseudoterminal in packet mode.
 */
export const POLLPRI = 0x0002;
/** poll(2): there is room to write. */
export const POLLOUT = 0x0004;
/** poll(2): the file has an error, or nobody reads the pipe any more; reported unasked. */
export const POLLERR = 0x0008;
/** poll(2): both directions are closed, or nobody writes the pipe any more; reported unasked. */
export const POLLHUP = 0x0010;
/** poll(2): the descriptor is not open; reported unasked. */
export const POLLNVAL = 0x0020;
/** poll(2): normal data can be read, as POLLIN. */
export const POLLRDNORM = 0x0040;
/** poll(2): data of a priority band can be read. */
export const POLLRDBAND = 0x0080;
/** poll(2): normal data can be written, as POLLOUT. */
export const POLLWRNORM = 0x0100;
/** poll(2): data of a priority band can be written. */
export const POLLWRBAND = 0x0200;
/** poll(2): unused on Linux. */
export const POLLMSG = 0x0400;
/** asm-generic/poll.h: unused; of /dev/poll, which Linux does not have. */
export const POLLREMOVE = 0x1000;
/** poll(2): the peer will send no more: it has closed, or has shut down its writing side. */
export const POLLRDHUP = 0x2000;
/** asm-generic/poll.h: the wait queue goes away; in the kernel only. */
export const POLLFREE = 0x4000;
/** asm-generic/poll.h: poll(2) may spin on the device; in the kernel only. */
export const POLL_BUSY_LOOP = 0x8000;
