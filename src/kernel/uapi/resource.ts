/** Limits of a process. Linux: include/uapi/asm-generic/resource.h. */

export const RLIMIT_NOFILE = 7;
