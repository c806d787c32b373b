/** Error codes that stay inside the kernel. Linux: include/linux/errno.h. */

/** Restart the call if the handler says SA_RESTART, else EINTR. */
export const ERESTARTSYS = 512;
/** Restart the call in any case. */
export const ERESTARTNOINTR = 513;
/** Restart the call unless a handler runs. */
export const ERESTARTNOHAND = 514;
/** The driver does not know the ioctl; ENOTTY for the user. */
export const ENOIOCTLCMD = 515;
/** Resume the call by the function it left in restart_block, unless a handler runs. */
export const ERESTART_RESTARTBLOCK = 516;
