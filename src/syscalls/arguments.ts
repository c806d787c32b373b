/**
 * What each call takes, and the error for a program that gives something else.
 *
 * C's compiler refuses a program that hands over a text for a descriptor; types do the same here,
 * for whoever checks them. For all others each call looks at its arguments when it is made. What
 * the kernel refuses (a descriptor that is not open, an unknown flag) is not looked at here.
 *
 * Differs from Linux: an int is any integer that a number holds exactly. A struct that is not there
 * at all is an error of the program and not EFAULT, except where `null` is said to stand for NULL.
 */
import { SIG_DFL, SIG_IGN } from '../kernel/signal.ts';
import { SCM_CREDENTIALS, SCM_RIGHTS, SOL_SOCKET } from '../kernel/uapi/socket.ts';
import { inPlaceOfProgram, inWords, isAsync } from './found.ts';
import { netTables } from './proc.ts';
import type { Sys } from './sys.ts';

// ── Tests for calls that are made often; true for what fits ──────────────────────────────────────

export const isInt: (value: unknown) => value is number = Number.isSafeInteger as never;

export const isBytes = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array || isForeignBytes(value);

/** Bytes of another realm, as a test runner has them that gives each test globals of its own. */
const isForeignBytes = (value: unknown): boolean =>
  Object.prototype.toString.call(value) === '[object Uint8Array]';

export const isWritable = (value: unknown): value is Uint8Array | string =>
  typeof value === 'string' || isBytes(value);

/** The `event` of epoll_ctl(). */
export const isInterest = (value: unknown): boolean => {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  const { events, data } = value as { events?: unknown; data?: unknown };
  return isInt(events) && (data === undefined ? isPlain(value) : isData(data));
};

/** Has it nothing in place of `data`? As in `{ events, fd }`. */
function isPlain(event: object): boolean {
  for (const name in event) if (name !== 'events' && name !== 'data') return false;
  return true;
}

const fitsIn64Bits = (value: unknown): boolean =>
  typeof value === 'bigint' && value >= -0x8000_0000_0000_0000n && value <= 0xffff_ffff_ffff_ffffn;

const isData = (value: unknown): boolean => isInt(value) || fitsIn64Bits(value);

// ── Shapes ───────────────────────────────────────────────────────────────────────────────────────

interface Mismatch {
  /** Which member of the argument, as in ".it_value.tv_sec"; empty for the argument itself. */
  readonly at: string;
  readonly expected: string;
  readonly found: unknown;
}

/** Finds what is wrong with a value; null if nothing is. */
type Shape = (found: unknown) => Mismatch | null;

const that =
  (expected: string, fits: (value: unknown) => boolean): Shape =>
  (found) =>
    fits(found) ? null : { at: '', expected, found };

/** An object with these members. */
function struct(expected: string, members: Readonly<Record<string, Shape>>): Shape {
  return (found) => {
    if (typeof found !== 'object' || found === null) return { at: '', expected, found };
    for (const [name, shape] of Object.entries(members)) {
      const wrong = shape((found as Record<string, unknown>)[name]);
      if (wrong !== null) return { ...wrong, at: `.${name}${wrong.at}` };
    }
    return null;
  };
}

function listOf(expected: string, each: Shape): Shape {
  return (found) => {
    if (!Array.isArray(found)) return { at: '', expected, found };
    for (const [i, entry] of found.entries()) {
      const wrong = each(entry);
      if (wrong !== null) return { ...wrong, at: `[${i}]${wrong.at}` };
    }
    return null;
  };
}

/** The shape, or null for NULL. */
const orNull =
  (shape: Shape): Shape =>
  (found) => {
    const wrong = found === null ? null : shape(found);
    return wrong === null || wrong.at !== ''
      ? wrong
      : { ...wrong, expected: `${wrong.expected} or null` };
  };

/** The shape, or nothing at all. */
const optional =
  (shape: Shape): Shape =>
  (found) =>
    found === undefined ? null : shape(found);

const int = that('an integer', isInt);
/** A time in seconds may be as long as Linux's, which no number holds exactly. */
const whole = that('an integer', Number.isInteger);
const text = that('a text', (value) => typeof value === 'string');
const bytes = that('bytes (a Uint8Array)', isBytes);
const writable = that('bytes (a Uint8Array) or a text', isWritable);
const signals = that('a set of signals (a bigint, see sigset)', (it) => typeof it === 'bigint');
const descriptors = that('a Set of descriptors', (it) => it instanceof Set || isForeignSet(it));
const isForeignSet = (value: unknown): boolean =>
  Object.prototype.toString.call(value) === '[object Set]';

const epollEvent = struct('{ events, data }', {
  events: int,
  data: optional(that('an integer or a bigint of 64 bits', isData)),
});
const interest: Shape = (found) =>
  epollEvent(found) ?? (isInterest(found) ? null : { at: '', expected: '{ events, data }', found });
const timespec = struct('{ tv_sec, tv_nsec }', { tv_sec: whole, tv_nsec: whole });
const timeval = struct('{ tv_sec, tv_usec }', { tv_sec: whole, tv_usec: whole });
const itimerspec = struct('{ it_interval, it_value }', {
  it_interval: timespec,
  it_value: timespec,
});
const pollfd = struct('{ fd, events, revents }', { fd: int, events: int });
const pollfds = listOf('an array of { fd, events, revents }', pollfd);
const fdSets = struct('{ in, out, ex }', { in: descriptors, out: descriptors, ex: descriptors });
const address = struct('{ family, … }', {
  family: int,
  addr: optional(int),
  port: optional(int),
  path: optional(text),
});
const sigaction = struct('{ handler, flags, mask }', {
  handler: that(
    'a generator function, SIG_DFL or SIG_IGN',
    (it) => it === SIG_DFL || it === SIG_IGN || (typeof it === 'function' && !isAsync(it)),
  ),
  flags: optional(int),
  mask: optional(signals),
});
const siginfo = struct('{ si_signo, si_code, si_pid, si_uid, si_value, si_status }', {
  si_signo: int,
  si_code: int,
  si_pid: int,
  si_uid: int,
  si_value: that('an integer or a bigint of 64 bits', isData),
  si_status: int,
});
const credentials = struct('{ pid, uid, gid }', { pid: int, uid: int, gid: int });
const along = struct('{ level, type, data }', { level: int, type: int });
/** What goes along: of SOL_SOCKET the kernel looks into the data. */
const control: Shape = (found) => {
  const wrong = along(found);
  if (wrong !== null) return wrong;
  const { level, type, data } = found as { level: number; type: number; data?: unknown };
  if (level !== SOL_SOCKET) return null;
  const inner =
    type === SCM_RIGHTS
      ? listOf('an array of descriptors', int)(data)
      : type === SCM_CREDENTIALS
        ? credentials(data)
        : null;
  return inner && { ...inner, at: `.data${inner.at}` };
};
const message = struct('{ msg_iov, … }', {
  msg_iov: listOf('an array of bytes', bytes),
  msg_name: optional(orNull(address)),
  msg_control: optional(listOf('an array of { level, type, data }', control)),
  msg_controllen: optional(int),
});
const isTimeval = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('tv_sec' in value || 'tv_usec' in value);
const integerOption = that('an integer or { tv_sec, tv_usec }', isInt);
const noStruct = that(
  'an integer (for SO_LINGER its seconds, negative for off) or { tv_sec, tv_usec }',
  isInt,
);
const option: Shape = (found) => {
  if (isTimeval(found)) return timeval(found);
  return (typeof found === 'object' ? noStruct : integerOption)(found);
};
const routine = that(
  'a generator function (function* (sys) { … })',
  (it) => typeof it === 'function' && !isAsync(it),
);

// ── Calls ────────────────────────────────────────────────────────────────────────────────────────

/** All that a program can call. */
export type CallName = Exclude<keyof Sys, 'task' | 'assert'>;

/** Each call's arguments, in their order. */
const calls: Readonly<Record<CallName, Readonly<Record<string, Shape>>>> = {
  epoll_create: { size: int },
  epoll_create1: { flags: int },
  epoll_ctl: { epfd: int, op: int, fd: int, event: orNull(interest) },
  epoll_wait: { epfd: int, maxevents: int, timeout: int },
  epoll_pwait: { epfd: int, maxevents: int, timeout: int, sigmask: orNull(signals) },
  epoll_pwait2: { epfd: int, maxevents: int, timeout: orNull(timespec), sigmask: orNull(signals) },
  poll: { pollfds, timeout: int },
  ppoll: { pollfds, tmo_p: orNull(timespec), sigmask: orNull(signals) },
  select: { nfds: int, sets: fdSets, timeout: orNull(timespec) },
  pselect6: { nfds: int, sets: fdSets, timeout: orNull(timespec), sigmask: orNull(signals) },
  read: { fd: int, buf: bytes },
  write: { fd: int, buf: writable },
  readv: { fd: int, iov: listOf('an array of bytes', bytes) },
  writev: { fd: int, iov: listOf('an array of bytes or texts', writable) },
  open: { pathname: text, flags: int, mode: int },
  openat: { dirfd: int, pathname: text, flags: int, mode: int },
  lseek: { fd: int, offset: int, whence: int },
  truncate: { path: text, length: int },
  ftruncate: { fd: int, length: int },
  mkdir: { pathname: text, mode: int },
  rmdir: { pathname: text },
  link: { oldpath: text, newpath: text },
  unlink: { pathname: text },
  rename: { oldpath: text, newpath: text },
  renameat2: { olddirfd: int, oldpath: text, newdirfd: int, newpath: text, flags: int },
  inotify_init1: { flags: int },
  inotify_add_watch: { fd: int, pathname: text, mask: int },
  inotify_rm_watch: { fd: int, wd: int },
  close: { fd: int },
  dup: { oldfd: int },
  dup2: { oldfd: int, newfd: int },
  dup3: { oldfd: int, newfd: int, flags: int },
  fcntl: { fd: int, cmd: int, arg: int },
  ioctl: { fd: int, op: int, argp: struct('an object, such as { value: 0 }', {}) },
  procFd: { pid: int },
  fdinfo: { fd: int, pid: int },
  procNet: { name: that("'tcp' or 'udp'", (it) => netTables.includes(it as string)) },
  eventfd2: { initval: int, flags: int },
  signalfd4: { fd: int, mask: signals, flags: int },
  pipe2: { flags: int },
  timerfd_create: { clockid: int, flags: int },
  timerfd_settime: {
    fd: int,
    flags: int,
    new_value: orNull(itimerspec),
    old_value: orNull(struct('{ it_interval, it_value }', {})),
  },
  timerfd_gettime: { fd: int },
  socket: { domain: int, type: int, protocol: int },
  socketpair: { domain: int, type: int, protocol: int },
  bind: { sockfd: int, addr: address },
  listen: { sockfd: int, backlog: int },
  connect: { sockfd: int, addr: address },
  accept4: { sockfd: int, flags: int },
  shutdown: { sockfd: int, how: int },
  send: { sockfd: int, buf: writable, flags: int },
  recv: { sockfd: int, buf: bytes, flags: int },
  sendto: { sockfd: int, buf: writable, flags: int, dest_addr: address },
  recvfrom: { sockfd: int, buf: bytes, flags: int },
  sendmsg: { sockfd: int, msg: message, flags: int },
  recvmsg: { sockfd: int, msg: message, flags: int },
  getsockname: { sockfd: int },
  getpeername: { sockfd: int },
  setsockopt: { sockfd: int, level: int, optname: int, optval: option },
  getsockopt: { sockfd: int, level: int, optname: int },
  getpid: {},
  gettid: {},
  sched_yield: {},
  nanosleep: { req: timespec, rem: orNull(struct('{ tv_sec, tv_nsec }', {})) },
  clock_gettime: { clockid: int },
  clock_settime: { clockid: int, tp: orNull(timespec) },
  tgkill: { tgid: int, tid: int, sig: int },
  kill: { pid: int, sig: int },
  sigqueue: { pid: int, sig: int, value: that('an integer of 64 bits', isData) },
  sigaction: { signum: int, act: sigaction },
  sigprocmask: { how: int, set: signals },
  getppid: {},
  setpgid: { pid: int, pgid: int },
  getpgid: { pid: int },
  getsid: { pid: int },
  setsid: {},
  fork: { child: routine, name: optional(text) },
  vfork: { child: routine, name: optional(text) },
  clone: { flags: int, child: routine, name: optional(text) },
  execve: { pathname: text, program: routine },
  wait4: { pid: int, options: int },
  waitid: { idtype: int, id: int, options: int },
  pidfd_open: { pid: int, flags: int },
  pidfd_send_signal: { pidfd: int, sig: int, info: orNull(siginfo), flags: int },
  exit: { status: int },
  exit_group: { status: int },
  pthread_create: { start_routine: routine, name: optional(text) },
  pthread_join: { tid: int },
};

/** The names of all calls. */
export const callNames: readonly CallName[] = Object.keys(calls) as CallName[];

/** Is the first argument of a call a descriptor? */
export function takesDescriptor(call: string): boolean {
  const [first = ''] = Object.keys(calls[call as CallName] ?? {});
  return first.endsWith('fd');
}

/** Throws a TypeError for the first of a call's arguments that is not what the call takes. */
export function checkArguments(call: CallName, values: readonly unknown[]): void {
  const shapes = calls[call];
  let i = 0;
  for (const name in shapes) checkArgument(call, name, shapes[name] as Shape, values[i++]);
}

/** The same for those that are given: what is left out may have a default. */
export function checkGiven(call: CallName, values: readonly unknown[]): void {
  for (const [i, [name, shape]] of Object.entries(calls[call]).entries()) {
    if (values[i] !== undefined) checkArgument(call, name, shape, values[i]);
  }
}

function checkArgument(call: CallName, name: string, shape: Shape, value: unknown): void {
  const wrong = shape(value);
  if (wrong === null) return;
  const { at, expected, found } = wrong;
  throw new TypeError(`${call}: ${name}${at}: expected ${expected}, found ${inWords(found)}`);
}

/** What is asked of a program, a thread's included. */
export function checkProgram(what: string, program: unknown): void {
  const wrong = routine(program);
  if (wrong === null) return;
  throw new TypeError(`${what}: expected ${wrong.expected}, found ${inPlaceOfProgram(program)}`);
}
