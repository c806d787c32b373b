/** Flags of clone(). Linux: include/uapi/linux/sched.h. */

/** linux/sched.h: the bits of the flags of clone(2) that are the signal of the child's end. */
export const CSIGNAL = 0x000000ff;
/** clone(2): parent and child share their memory. */
export const CLONE_VM = 0x00000100;
/** clone(2): parent and child share their descriptors. */
export const CLONE_FILES = 0x00000400;
/** clone(2): the parent sleeps until the child has called execve(2) or has ended. */
export const CLONE_VFORK = 0x00004000;
/** clone(2): the child's parent is that of the caller. */
export const CLONE_PARENT = 0x00008000;
