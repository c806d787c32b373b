/** What the player needs of the x86-64 system call interface and the model has no name for. */

export const syscallNumbers = {
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

export const clockMonotonic = 1;
export const timerAbstime = 1;
export const uffdioZeropage = 0xc020aa04;
