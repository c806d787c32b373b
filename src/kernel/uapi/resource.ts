/** Limits of a process. Linux: include/uapi/asm-generic/resource.h. */

/** getrlimit(2): one more than the highest descriptor that the process may open. */
export const RLIMIT_NOFILE = 7;
