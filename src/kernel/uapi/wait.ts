/** What wait4() and waitid() take. Linux: include/uapi/linux/wait.h. */

/** wait(2): returns 0 at once if no child has changed. */
export const WNOHANG = 0x00000001;
/** wait(2): a child that has stopped counts too. */
export const WUNTRACED = 0x00000002;
/** waitid(2): a child that has stopped counts; another name of WUNTRACED. */
export const WSTOPPED: number = WUNTRACED;
/** waitid(2): a child that has ended counts. */
export const WEXITED = 0x00000004;
/** wait(2): a child that goes on after a stop counts too. */
export const WCONTINUED = 0x00000008;
/** waitid(2): the child stays, to be waited for again. */
export const WNOWAIT = 0x01000000;
/** wait(2): children of the calling thread only. */
export const __WNOTHREAD = 0x20000000;
/** wait(2): children of whatever exit signal. */
export const __WALL = 0x40000000;
/** wait(2): children whose exit signal is not SIGCHLD. */
export const __WCLONE: number = 0x80000000 | 0;

/** waitid(2): any child. */
export const P_ALL = 0;
/** waitid(2): the child of that number. */
export const P_PID = 1;
/** waitid(2): any child of that process group. */
export const P_PGID = 2;
/** waitid(2): the child that a pidfd stands for. */
export const P_PIDFD = 3;
