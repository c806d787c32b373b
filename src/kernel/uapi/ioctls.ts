/** Requests of ioctl() that concern any file, and terminals. Linux: include/uapi/asm-generic/ioctls.h. */

/** ioctl_tty(2): how many bytes can be read at once. */
export const FIONREAD = 0x541b;
/** ioctl_tty(2): turns O_NONBLOCK on or off. */
export const FIONBIO = 0x5421;
/** ioctl_tty(2): clears FD_CLOEXEC: the descriptor stays open in execve(2). */
export const FIONCLEX = 0x5450;
/** ioctl_tty(2): sets FD_CLOEXEC: execve(2) closes the descriptor. */
export const FIOCLEX = 0x5451;
/** ioctl_tty(2): turns O_ASYNC on or off. */
export const FIOASYNC = 0x5452;
/** asm-generic/ioctls.h: how many bytes a file or directory takes. */
export const FIOQSIZE = 0x5460;

/** ioctl_tty(2): the settings of the terminal: tcgetattr(3). */
export const TCGETS = 0x5401;
/** ioctl_tty(2): changes the settings of the terminal at once: tcsetattr(3). */
export const TCSETS = 0x5402;
/** ioctl_tty(2): changes the settings once the output has gone out. */
export const TCSETSW = 0x5403;
/** ioctl_tty(2): as TCSETSW, and drops the input that nobody has read. */
export const TCSETSF = 0x5404;
/** ioctl_tty(2): sends a break; with an argument other than 0 waits for the output: tcdrain(3). */
export const TCSBRK = 0x5409;
/** ioctl_tty(2): stops and starts output or input: tcflow(3). */
export const TCXONC = 0x540a;
/** ioctl_tty(2): drops input or output that waits: tcflush(3). */
export const TCFLSH = 0x540b;
/** ioctl_tty(2): nobody else but root may open the terminal. */
export const TIOCEXCL = 0x540c;
/** ioctl_tty(2): ends what TIOCEXCL has begun. */
export const TIOCNXCL = 0x540d;
/** ioctl_tty(2): makes this the controlling terminal of the session. */
export const TIOCSCTTY = 0x540e;
/** ioctl_tty(2): the process group in the foreground: tcgetpgrp(3). */
export const TIOCGPGRP = 0x540f;
/** ioctl_tty(2): sets the process group in the foreground: tcsetpgrp(3). */
export const TIOCSPGRP = 0x5410;
/** ioctl_tty(2): how many bytes wait in the output buffer. */
export const TIOCOUTQ = 0x5411;
/** ioctl_tty(2): the size of the window, in rows and columns. */
export const TIOCGWINSZ = 0x5413;
/** ioctl_tty(2): sets the size of the window, SIGWINCH tells of it. */
export const TIOCSWINSZ = 0x5414;
/** ioctl_tty(2): turns packet mode of a pseudoterminal's master on or off. */
export const TIOCPKT = 0x5420;
/** ioctl_tty(2): gives the controlling terminal up. */
export const TIOCNOTTY = 0x5422;
/** ioctl_tty(2): the line discipline. */
export const TIOCGETD = 0x5424;
/** ioctl_tty(2): as TCSBRK, for tenths of a second that are given. */
export const TCSBRKP = 0x5425;
/** ioctl_tty(2): the session of the terminal: tcgetsid(3). */
export const TIOCGSID = 0x5429;
/** ioctl_tty(2): another name of FIONREAD. */
export const TIOCINQ: number = FIONREAD;
/** asm-generic/ioctls.h: the number of a pseudoterminal: see ptsname(3). */
export const TIOCGPTN: number = 0x8004_5430 | 0;
/** ioctl_tty(2): whether packet mode is on. */
export const TIOCGPKT: number = 0x8004_5438 | 0;
/** ioctl_tty(2): whether the slave of a pseudoterminal is locked. */
export const TIOCGPTLCK: number = 0x8004_5439 | 0;
/** ioctl_tty(2): whether the terminal is for one alone: TIOCEXCL. */
export const TIOCGEXCL: number = 0x8004_5440 | 0;
/** ioctl_tty(2): locks the slave of a pseudoterminal, or unlocks it: unlockpt(3). */
export const TIOCSPTLCK = 0x4004_5431;
/** asm-generic/ioctls.h: the master of a pseudoterminal sends a signal to the foreground. */
export const TIOCSIG = 0x4004_5436;
/** ioctl_tty(2): opens the slave of a pseudoterminal by the master's descriptor. */
export const TIOCGPTPEER = 0x5441;

/** ioctl_tty(2): a packet of data. */
export const TIOCPKT_DATA = 0;
/** ioctl_tty(2): the slave's input was dropped. */
export const TIOCPKT_FLUSHREAD = 1;
/** ioctl_tty(2): the slave's output was dropped. */
export const TIOCPKT_FLUSHWRITE = 2;
/** ioctl_tty(2): output was stopped. */
export const TIOCPKT_STOP = 4;
/** ioctl_tty(2): output was started again. */
export const TIOCPKT_START = 8;
/** ioctl_tty(2): the characters for stop and start are no longer ^S and ^Q. */
export const TIOCPKT_NOSTOP = 16;
/** ioctl_tty(2): the characters for stop and start are ^S and ^Q. */
export const TIOCPKT_DOSTOP = 32;
/** asm-generic/ioctls.h: settings were changed, with EXTPROC on. */
export const TIOCPKT_IOCTL = 64;
