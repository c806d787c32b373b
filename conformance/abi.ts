/** Numbers and names of the x86-64 system call interface, as in the uapi headers. */

export type Flags = Readonly<Record<string, number>>;

export const SYSCALL = {
  read: 0,
  write: 1,
  close: 3,
  poll: 7,
  ioctl: 16,
  select: 23,
  madvise: 28,
  dup: 32,
  dup2: 33,
  socket: 41,
  connect: 42,
  sendto: 44,
  recvfrom: 45,
  shutdown: 48,
  bind: 49,
  listen: 50,
  getsockname: 51,
  socketpair: 53,
  setsockopt: 54,
  getsockopt: 55,
  fcntl: 72,
  epoll_create: 213,
  clock_nanosleep: 230,
  epoll_wait: 232,
  epoll_ctl: 233,
  tgkill: 234,
  epoll_pwait: 281,
  timerfd_create: 283,
  timerfd_settime: 286,
  accept4: 288,
  eventfd2: 290,
  epoll_create1: 291,
  dup3: 292,
  pipe2: 293,
  epoll_pwait2: 441,
} as const;

/** What a thread that waits for a page of userfaultfd sleeps in. */
export const HELD_WCHAN = 'handle_userfault';

export const MADV_DONTNEED = 4;
export const UFFDIO_ZEROPAGE = 0xc020aa04;
export const CLOCK_MONOTONIC = 1;
export const TIMER_ABSTIME = 1;

export const EPOLL_EVENTS: Flags = {
  EPOLLIN: 0x1,
  EPOLLPRI: 0x2,
  EPOLLOUT: 0x4,
  EPOLLERR: 0x8,
  EPOLLHUP: 0x10,
  EPOLLRDNORM: 0x40,
  EPOLLRDBAND: 0x80,
  EPOLLWRNORM: 0x100,
  EPOLLWRBAND: 0x200,
  EPOLLMSG: 0x400,
  EPOLLRDHUP: 0x2000,
  EPOLLEXCLUSIVE: 0x10000000,
  EPOLLWAKEUP: 0x20000000,
  EPOLLONESHOT: 0x40000000,
  EPOLLET: 0x80000000,
};

export const POLL_EVENTS: Flags = {
  POLLIN: 0x1,
  POLLPRI: 0x2,
  POLLOUT: 0x4,
  POLLERR: 0x8,
  POLLHUP: 0x10,
  POLLNVAL: 0x20,
  POLLRDNORM: 0x40,
  POLLRDBAND: 0x80,
  POLLWRNORM: 0x100,
  POLLWRBAND: 0x200,
  POLLMSG: 0x400,
  POLLRDHUP: 0x2000,
};

export const EPOLL_OPS: Flags = { EPOLL_CTL_ADD: 1, EPOLL_CTL_DEL: 2, EPOLL_CTL_MOD: 3 };
export const EPOLL_CREATE: Flags = { EPOLL_CLOEXEC: 0o2000000, O_CLOEXEC: 0o2000000 };
export const EVENTFD: Flags = {
  EFD_SEMAPHORE: 1,
  EFD_NONBLOCK: 0o4000,
  EFD_CLOEXEC: 0o2000000,
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
};
export const TIMERFD: Flags = {
  TFD_NONBLOCK: 0o4000,
  TFD_CLOEXEC: 0o2000000,
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
};
export const TIMERFD_SETTIME: Flags = { TFD_TIMER_ABSTIME: 1, TFD_TIMER_CANCEL_ON_SET: 2 };
export const CLOCKS: Flags = { CLOCK_REALTIME: 0, CLOCK_MONOTONIC: 1, CLOCK_BOOTTIME: 7 };
export const OPEN_FLAGS: Flags = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_ASYNC: 0o20000,
  O_DIRECT: 0o40000,
  O_CLOEXEC: 0o2000000,
  FD_CLOEXEC: 1,
};
export const DOMAINS: Flags = { AF_UNSPEC: 0, AF_UNIX: 1, AF_INET: 2, AF_INET6: 10 };
export const SOCKET_TYPES: Flags = {
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_SEQPACKET: 5,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
};
export const PROTOCOLS: Flags = { IPPROTO_IP: 0, IPPROTO_TCP: 6, IPPROTO_UDP: 17 };
export const SHUTDOWN: Flags = { SHUT_RD: 0, SHUT_WR: 1, SHUT_RDWR: 2 };
export const MESSAGE: Flags = {
  MSG_OOB: 0x1,
  MSG_PEEK: 0x2,
  MSG_DONTROUTE: 0x4,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_EOR: 0x80,
  MSG_WAITALL: 0x100,
  MSG_CONFIRM: 0x800,
  MSG_ERRQUEUE: 0x2000,
  MSG_NOSIGNAL: 0x4000,
  MSG_MORE: 0x8000,
};
export const LEVELS: Flags = { SOL_SOCKET: 1, IPPROTO_IP: 0, IPPROTO_TCP: 6, SOL_TCP: 6 };
export const OPTIONS: Flags = {
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_DONTROUTE: 5,
  SO_BROADCAST: 6,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_OOBINLINE: 10,
  SO_PRIORITY: 12,
  SO_LINGER: 13,
  SO_REUSEPORT: 15,
  SO_PASSCRED: 16,
  SO_RCVLOWAT: 18,
  SO_SNDLOWAT: 19,
  SO_ACCEPTCONN: 30,
  SO_PROTOCOL: 38,
  SO_DOMAIN: 39,
  TCP_NODELAY: 1,
  TCP_MAXSEG: 2,
  TCP_CORK: 3,
  TCP_DEFER_ACCEPT: 9,
  TCP_QUICKACK: 12,
  TCP_NOTSENT_LOWAT: 25,
};
export const FCNTL: Flags = { F_DUPFD: 0, F_GETFD: 1, F_SETFD: 2, F_GETFL: 3, F_SETFL: 4 };
export const IOCTLS: Flags = { FIONREAD: 0x541b, FIONBIO: 0x5421 };
export const SIGNALS: Flags = { SIGUSR1: 10, SIGUSR2: 12 };

export const SOL_SOCKET = 1;
export const SO_ERROR = 4;
export const SO_LINGER = 13;
export const FIONREAD = 0x541b;
export const MSG_NOSIGNAL = 0x4000;

const ERRNO_NAMES = `
  1 EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST
  EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE
  EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP
  42 ENOMSG EIDRM
  61 ENODATA ETIME
  71 EPROTO
  75 EOVERFLOW
  84 EILSEQ
  88 ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT
  EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN
  ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS
  125 ECANCELED`;

const errnoNames = new Map<number, string>();
let nextErrno = 0;
for (const word of ERRNO_NAMES.trim().split(/\s+/)) {
  if (/^\d/.test(word)) nextErrno = Number(word);
  else errnoNames.set(nextErrno++, word);
}

/** The name of an errno, such as `EAGAIN`; `"0"` for none. */
export function errnoName(errno: number): string {
  return errno === 0 ? '0' : (errnoNames.get(errno) ?? String(errno));
}

/** The names of the bits of `word`, in ascending order of the bits; `"0"` for none. */
export function flagNames(word: number, names: Flags): string {
  const found: string[] = [];
  let rest = word >>> 0;
  for (const [name, bit] of Object.entries(names)) {
    if ((rest & bit) === 0) continue;
    found.push(name);
    rest = (rest & ~bit) >>> 0;
  }
  if (rest !== 0) found.push(`0x${rest.toString(16)}`);
  return found.length === 0 ? '0' : found.join('|');
}
