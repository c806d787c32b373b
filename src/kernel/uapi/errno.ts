/**
 * Error numbers. Linux: include/uapi/asm-generic/errno-base.h, include/uapi/asm-generic/errno.h.
 *
 * Differs from Linux: ENOTSUP is glibc's name; the kernel knows the value as EOPNOTSUPP.
 */

/** errno(3): the caller may not do this; in epoll_ctl(2), the file cannot be polled. */
export const EPERM = 1;
/** errno(3): there is no such file or directory; in epoll_ctl(2), the file is not registered. */
export const ENOENT = 2;
/** errno(3): there is no process or thread of that number. */
export const ESRCH = 3;
/** errno(3): a signal handler ran before anything was done: call again. */
export const EINTR = 4;
/** errno(3): the device failed, or a background process used its terminal. */
export const EIO = 5;
/** errno(3): there is no such device, or nobody at the other end of a FIFO. */
export const ENXIO = 6;
/** errno(3): the list of arguments is too long. */
export const E2BIG = 7;
/** errno(3): the file is not in a format that can be executed. */
export const ENOEXEC = 8;
/** errno(3): the descriptor is not open, or not open for this. */
export const EBADF = 9;
/** errno(3): there is no child to wait for. */
export const ECHILD = 10;
/** errno(3): it would have to wait, and is not to: try again once poll(2) or epoll says so. */
export const EAGAIN = 11;
/** errno(3): there is no memory left. */
export const ENOMEM = 12;
/** errno(3): permission denied. */
export const EACCES = 13;
/** errno(3): an address is outside of the caller's memory. */
export const EFAULT = 14;
/** errno(3): a block device is needed. */
export const ENOTBLK = 15;
/** errno(3): something or somebody else is using it. */
export const EBUSY = 16;
/** errno(3): it is there already; in epoll_ctl(2), the file is registered already. */
export const EEXIST = 17;
/** errno(3): the two are on different filesystems. */
export const EXDEV = 18;
/** errno(3): there is no such device, or it cannot do this. */
export const ENODEV = 19;
/** errno(3): a directory is needed, and this is none. */
export const ENOTDIR = 20;
/** errno(3): this is a directory, and must not be. */
export const EISDIR = 21;
/** errno(3): an argument makes no sense here. */
export const EINVAL = 22;
/** errno(3): the whole system has as many open files as it may. */
export const ENFILE = 23;
/** errno(3): the process has as many descriptors, or inotify instances, as it may. */
export const EMFILE = 24;
/** errno(3): ioctl(2) has no such request for this file. */
export const ENOTTY = 25;
/** errno(3): a program that runs may not be written, nor one that is written be run. */
export const ETXTBSY = 26;
/** errno(3): the file would become too large. */
export const EFBIG = 27;
/** errno(3): no space is left, or no room for one more of what is limited. */
export const ENOSPC = 28;
/** errno(3): a pipe, a socket and the like have no position to seek to. */
export const ESPIPE = 29;
/** errno(3): the filesystem is mounted for reading only. */
export const EROFS = 30;
/** errno(3): the file has as many links as it may. */
export const EMLINK = 31;
/** errno(3): nobody can read any more what is written: SIGPIPE comes with it. */
export const EPIPE = 32;
/** errno(3): a number is outside of the function's domain. */
export const EDOM = 33;
/** errno(3): the result does not fit. */
export const ERANGE = 34;
/** errno(3): waiting for this would never end. */
export const EDEADLK = 35;
/** errno(3): the path, or a part of it, is too long. */
export const ENAMETOOLONG = 36;
/** errno(3): no lock is left. */
export const ENOLCK = 37;
/** errno(3): the kernel has no such call. */
export const ENOSYS = 38;
/** errno(3): the directory is not empty. */
export const ENOTEMPTY = 39;
/**
 * errno(3): too many symbolic links, or epoll instances that would watch one another in a circle.
 */
export const ELOOP = 40;
/** errno(3): another name of EAGAIN. */
export const EWOULDBLOCK: number = EAGAIN;
/** errno(3): there is no message of that type. */
export const ENOMSG = 42;
/** errno(3): the System V object has been removed. */
export const EIDRM = 43;
/** errno(3): the channel number is out of range. */
export const ECHRNG = 44;
/** errno(3): level 2 of a link is not synchronised. */
export const EL2NSYNC = 45;
/** errno(3): level 3 of a link has halted. */
export const EL3HLT = 46;
/** errno(3): level 3 of a link was reset. */
export const EL3RST = 47;
/** errno(3): the number of a link is out of range. */
export const ELNRNG = 48;
/** errno(3): no driver is attached for the protocol. */
export const EUNATCH = 49;
/** asm-generic/errno.h: there is no CSI structure. */
export const ENOCSI = 50;
/** errno(3): level 2 of a link has halted. */
export const EL2HLT = 51;
/** errno(3): an exchange that cannot be. */
export const EBADE = 52;
/** errno(3): a request descriptor that cannot be. */
export const EBADR = 53;
/** errno(3): the exchange is full. */
export const EXFULL = 54;
/** errno(3): there is no anode. */
export const ENOANO = 55;
/** errno(3): a request code that cannot be. */
export const EBADRQC = 56;
/** errno(3): a slot that cannot be. */
export const EBADSLT = 57;
/** errno(3): another name of EDEADLK. */
export const EDEADLOCK: number = EDEADLK;
/** asm-generic/errno.h: the font file is malformed. */
export const EBFONT = 59;
/** errno(3): the descriptor is not a STREAM. */
export const ENOSTR = 60;
/** errno(3): there is no data, or no attribute of that name. */
export const ENODATA = 61;
/** errno(3): a timer has expired. */
export const ETIME = 62;
/** errno(3): no STREAM resources are left. */
export const ENOSR = 63;
/** errno(3): the machine is on no network. */
export const ENONET = 64;
/** errno(3): a package is not installed. */
export const ENOPKG = 65;
/** errno(3): the object is on another machine. */
export const EREMOTE = 66;
/** errno(3): a link has been cut. */
export const ENOLINK = 67;
/** asm-generic/errno.h: an advertising error, of System V's remote file sharing. */
export const EADV = 68;
/** asm-generic/errno.h: a mount error, of System V's remote file sharing. */
export const ESRMNT = 69;
/** errno(3): communication failed while sending. */
export const ECOMM = 70;
/** errno(3): the protocol was broken. */
export const EPROTO = 71;
/** errno(3): the path leads over more than one other machine. */
export const EMULTIHOP = 72;
/** asm-generic/errno.h: an error that only System V's remote file sharing has. */
export const EDOTDOT = 73;
/** errno(3): the message is malformed. */
export const EBADMSG = 74;
/** errno(3): a value does not fit into the type that is to hold it. */
export const EOVERFLOW = 75;
/** errno(3): the name is not unique on the network. */
export const ENOTUNIQ = 76;
/** errno(3): the descriptor is in a state that does not fit. */
export const EBADFD = 77;
/** errno(3): the other side's address has changed. */
export const EREMCHG = 78;
/** errno(3): a shared library that is needed cannot be had. */
export const ELIBACC = 79;
/** errno(3): a shared library is corrupted. */
export const ELIBBAD = 80;
/** errno(3): the .lib section of a program is corrupted. */
export const ELIBSCN = 81;
/** errno(3): too many shared libraries are linked in. */
export const ELIBMAX = 82;
/** errno(3): a shared library cannot be executed by itself. */
export const ELIBEXEC = 83;
/** errno(3): a byte sequence that is no character. */
export const EILSEQ = 84;
/** errno(3): the call was interrupted and is to be made again; a program does not see it. */
export const ERESTART = 85;
/** errno(3): a pipe of STREAMS failed. */
export const ESTRPIPE = 86;
/** errno(3): there are too many users. */
export const EUSERS = 87;
/** errno(3): the descriptor is not a socket. */
export const ENOTSOCK = 88;
/** errno(3): the socket has no peer, and no address was given. */
export const EDESTADDRREQ = 89;
/** errno(3): the message is too long to be sent in one piece. */
export const EMSGSIZE = 90;
/** errno(3): the protocol does not fit the type of the socket. */
export const EPROTOTYPE = 91;
/** errno(3): the level has no such option. */
export const ENOPROTOOPT = 92;
/** errno(3): there is no such protocol in the address family. */
export const EPROTONOSUPPORT = 93;
/** errno(3): there is no such type of socket. */
export const ESOCKTNOSUPPORT = 94;
/** errno(3): the socket, or the file, cannot do this. */
export const EOPNOTSUPP = 95;
/** errno(3): there is no such protocol family. */
export const EPFNOSUPPORT = 96;
/** errno(3): there is no such address family, or the address is of another one. */
export const EAFNOSUPPORT = 97;
/** errno(3): the address is taken. */
export const EADDRINUSE = 98;
/** errno(3): the address is not this host's, or no port is left. */
export const EADDRNOTAVAIL = 99;
/** errno(3): the network is down. */
export const ENETDOWN = 100;
/** errno(3): no route leads to that network. */
export const ENETUNREACH = 101;
/** errno(3): the network has dropped the connection. */
export const ENETRESET = 102;
/** errno(3): the connection was given up on this side before it was accepted. */
export const ECONNABORTED = 103;
/** errno(3): the peer has reset the connection. */
export const ECONNRESET = 104;
/** errno(3): there is no room in a buffer, or no memory for one. */
export const ENOBUFS = 105;
/** errno(3): the socket is connected already. */
export const EISCONN = 106;
/** errno(3): the socket is not connected. */
export const ENOTCONN = 107;
/** errno(3): the sending side has been shut down. */
export const ESHUTDOWN = 108;
/** errno(3): too many descriptors are under way in messages of AF_UNIX: see unix(7). */
export const ETOOMANYREFS = 109;
/** errno(3): the other side has not answered in time. */
export const ETIMEDOUT = 110;
/** errno(3): nobody listens at that address. */
export const ECONNREFUSED = 111;
/** errno(3): the host is down. */
export const EHOSTDOWN = 112;
/** errno(3): no route leads to that host. */
export const EHOSTUNREACH = 113;
/** errno(3): a connection is being made already. */
export const EALREADY = 114;
/** errno(3): the connection is being made: poll(2) for POLLOUT, then read SO_ERROR. */
export const EINPROGRESS = 115;
/** errno(3): the file behind the handle is gone from its server. */
export const ESTALE = 116;
/** errno(3): the filesystem needs repair. */
export const EUCLEAN = 117;
/** asm-generic/errno.h: this is no named type of XENIX. */
export const ENOTNAM = 118;
/** asm-generic/errno.h: there are no semaphores of XENIX. */
export const ENAVAIL = 119;
/** errno(3): the file is of a named type of XENIX. */
export const EISNAM = 120;
/** errno(3): input or output failed at the far end. */
export const EREMOTEIO = 121;
/** errno(3): the user's quota of the disk is used up. */
export const EDQUOT = 122;
/** errno(3): there is no medium in the drive. */
export const ENOMEDIUM = 123;
/** errno(3): the medium is of the wrong type. */
export const EMEDIUMTYPE = 124;
/** errno(3): the operation was called off; in read(2) of a timerfd, the clock was set. */
export const ECANCELED = 125;
/** errno(3): the key that is needed is not there. */
export const ENOKEY = 126;
/** errno(3): the key has expired. */
export const EKEYEXPIRED = 127;
/** errno(3): the key has been revoked. */
export const EKEYREVOKED = 128;
/** errno(3): the service has rejected the key. */
export const EKEYREJECTED = 129;
/** errno(3): the thread that held the robust mutex has died. */
export const EOWNERDEAD = 130;
/** errno(3): the state that the robust mutex guards cannot be restored. */
export const ENOTRECOVERABLE = 131;
/** errno(3): a radio is switched off, see linux/rfkill.h. */
export const ERFKILL = 132;
/** errno(3): the memory page has a hardware error. */
export const EHWPOISON = 133;
/** errno(3): the C library's other name of EOPNOTSUPP. */
export const ENOTSUP: number = EOPNOTSUPP;
