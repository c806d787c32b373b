/** Flags of clone(). Linux: include/uapi/linux/sched.h. */

/** The signal that the child's end sends. */
export const CSIGNAL = 0x000000ff;
export const CLONE_VM = 0x00000100;
export const CLONE_FILES = 0x00000400;
export const CLONE_VFORK = 0x00004000;
export const CLONE_PARENT = 0x00008000;
