/** What wait4() and waitid() take. Linux: include/uapi/linux/wait.h. */

export const WNOHANG = 0x00000001;
export const WUNTRACED = 0x00000002;
export const WSTOPPED: number = WUNTRACED;
export const WEXITED = 0x00000004;
export const WCONTINUED = 0x00000008;
/** The child stays, to be waited for again. */
export const WNOWAIT = 0x01000000;
/** Children of the calling thread only. */
export const __WNOTHREAD = 0x20000000;
/** Children of whatever exit signal. */
export const __WALL = 0x40000000;
/** Children whose exit signal is not SIGCHLD. */
export const __WCLONE: number = 0x80000000 | 0;

export const P_ALL = 0;
export const P_PID = 1;
export const P_PGID = 2;
export const P_PIDFD = 3;
