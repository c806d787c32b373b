/**
 * Signal numbers and what sigprocmask() and sigaction() take, for x86-64.
 * Linux: arch/x86/include/uapi/asm/signal.h, include/uapi/asm-generic/signal-defs.h.
 *
 * Differs from Linux: SIGRTMIN and SIGRTMAX are the kernel's 32 and 64; glibc keeps two signals.
 */

/** signal(7): the terminal is gone, or the process that led the session. */
export const SIGHUP = 1;
/** signal(7): interrupt from the keyboard, ^C. */
export const SIGINT = 2;
/** signal(7): quit from the keyboard, ^\, with a core dump. */
export const SIGQUIT = 3;
/** signal(7): an instruction that cannot be. */
export const SIGILL = 4;
/** signal(7): a breakpoint. */
export const SIGTRAP = 5;
/** signal(7): abort(3). */
export const SIGABRT = 6;
/** signal(7): another name of SIGABRT. */
export const SIGIOT = 6;
/** signal(7): an access to memory that is not there. */
export const SIGBUS = 7;
/** signal(7): an arithmetic error, such as a division by 0. */
export const SIGFPE = 8;
/** signal(7): ends the process; cannot be caught, blocked or ignored. */
export const SIGKILL = 9;
/** signal(7): for the program's own use. */
export const SIGUSR1 = 10;
/** signal(7): an access to memory that is not allowed. */
export const SIGSEGV = 11;
/** signal(7): for the program's own use. */
export const SIGUSR2 = 12;
/** signal(7): a write that nobody can read: see EPIPE. */
export const SIGPIPE = 13;
/** signal(7): a timer of alarm(2) or setitimer(2) has expired. */
export const SIGALRM = 14;
/** signal(7): the polite request to end. */
export const SIGTERM = 15;
/** signal(7): a stack fault of the coprocessor; unused. */
export const SIGSTKFLT = 16;
/** signal(7): a child has ended, stopped or gone on. */
export const SIGCHLD = 17;
/** signal(7): a process that was stopped goes on. */
export const SIGCONT = 18;
/** signal(7): stops the process; cannot be caught, blocked or ignored. */
export const SIGSTOP = 19;
/** signal(7): stop from the keyboard, ^Z. */
export const SIGTSTP = 20;
/** signal(7): a background process reads from its terminal. */
export const SIGTTIN = 21;
/** signal(7): a background process writes to its terminal. */
export const SIGTTOU = 22;
/** signal(7): a socket has out-of-band data. */
export const SIGURG = 23;
/** signal(7): the limit of CPU time is exceeded. */
export const SIGXCPU = 24;
/** signal(7): the limit of a file's size is exceeded. */
export const SIGXFSZ = 25;
/** signal(7): a virtual timer of setitimer(2) has expired. */
export const SIGVTALRM = 26;
/** signal(7): a profiling timer of setitimer(2) has expired. */
export const SIGPROF = 27;
/** signal(7): the terminal's window has another size. */
export const SIGWINCH = 28;
/** signal(7): a file with O_ASYNC is ready. */
export const SIGIO = 29;
/** signal(7): another name of SIGIO. */
export const SIGPOLL: number = SIGIO;
/** signal(7): the power fails. */
export const SIGPWR = 30;
/** signal(7): a system call that cannot be, or that seccomp(2) forbids. */
export const SIGSYS = 31;
/** signal(7): the first real-time signal of the kernel; glibc keeps two and begins at 34. */
export const SIGRTMIN = 32;
/** signal(7): the last real-time signal. */
export const SIGRTMAX = 64;

// Where a signal is from: si_code.
/** sigaction(2): sent by kill(2). */
export const SI_USER = 0;
/** sigaction(2): sent by the kernel. */
export const SI_KERNEL = 0x80;
/** sigaction(2): sent by sigqueue(3), with a value. */
export const SI_QUEUE = -1;
/** sigaction(2): sent by tgkill(2). */
export const SI_TKILL = -6;
// Of SIGCHLD: how the child has ended.
/** sigaction(2): of SIGCHLD, the child has ended by itself. */
export const CLD_EXITED = 1;
/** sigaction(2): of SIGCHLD, a signal has ended the child. */
export const CLD_KILLED = 2;
/** sigaction(2): of SIGCHLD, a signal has ended the child, with a core dump. */
export const CLD_DUMPED = 3;

/** sigprocmask(2): the signals of the set are blocked besides. */
export const SIG_BLOCK = 0;
/** sigprocmask(2): the signals of the set are no longer blocked. */
export const SIG_UNBLOCK = 1;
/** sigprocmask(2): the signals of the set are blocked, and no others. */
export const SIG_SETMASK = 2;

/** sigaction(2): no SIGCHLD when a child stops or goes on. */
export const SA_NOCLDSTOP = 0x00000001;
/** sigaction(2): children that end leave no zombie to be waited for. */
export const SA_NOCLDWAIT = 0x00000002;
/** sigaction(2): the handler gets a siginfo. */
export const SA_SIGINFO = 0x00000004;
/** sigaction(2): never supported; tells whether the kernel clears flags that it does not know. */
export const SA_UNSUPPORTED = 0x00000400;
/** sigaction(2): `si_addr` keeps the tag bits of an address. */
export const SA_EXPOSE_TAGBITS = 0x00000800;
/** sigaction(2): the handler runs on the stack of sigaltstack(2). */
export const SA_ONSTACK = 0x08000000;
/** sigaction(2): calls that the handler interrupts are made again; epoll_wait(2) never is. */
export const SA_RESTART = 0x10000000;
/** sigaction(2): the signal is not blocked while its handler runs. */
export const SA_NODEFER = 0x40000000;
/** sigaction(2): the handler runs once, then the default holds again. */
export const SA_RESETHAND: number = 0x80000000 | 0;
