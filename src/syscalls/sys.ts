/**
 * What a program calls: the system calls under their names and argument order of the man pages.
 *
 * A call returns what the raw call returns: a result, or `-errno` (never -1). A call that fills
 * memory in takes the memory (`read(fd, buf)`), or hands back what was filled in, with the raw
 * result as its property `ret` (`epoll_wait`, `socketpair`, …). Every call is a generator:
 * `const n = yield* sys.read(fd, buf)`.
 *
 * A call whose arguments are of the wrong type throws a TypeError when it is made (arguments.ts).
 * One that is made and never entered, as without its `yield*`, is an error when its thread ends,
 * or sleeps for ever. A sys is for the thread that is given it, while that runs.
 */

import { encodeText } from '../kernel/bytes.ts';
import { current } from '../kernel/current.ts';
import type { waitid_info } from '../kernel/do_wait.ts';
import { runSyscall } from '../kernel/entry.ts';
import { waitForExit } from '../kernel/exit.ts';
import type { Kernel } from '../kernel/op.ts';
import type { task_struct } from '../kernel/sched.ts';
import type { fd_set_bits, pollfd } from '../kernel/select.ts';
import { type kernel_siginfo, type sigaction, sigmask, type sigset_t } from '../kernel/signal.ts';
import type { itimerspec } from '../kernel/time.ts';
import { EventBuffer, type epoll_data_t, type epoll_event } from '../kernel/uaccess.ts';
import { EDEADLK, EINTR, ESRCH } from '../kernel/uapi/errno.ts';
import { fromMaking } from '../kernel/user_mode.ts';
import type { OptionPointer } from '../net/getsockopt.ts';
import type { sockaddr } from '../net/socket.ts';
import type { OptionValue } from '../net/sockopt.ts';
import type { user_msghdr } from '../net/sys_msg.ts';
import {
  type CallName,
  checkArguments,
  isBytes,
  isInt,
  isInterest,
  isWritable,
} from './arguments.ts';
import { AssertionFailed } from './assertion.ts';
import {
  directCall,
  eventsCall,
  type Filled,
  filledEvents,
  fillingCall,
  libraryCall,
  syscall,
} from './call.ts';
import { sys_clock_gettime, sys_clock_settime } from './clock.ts';
import * as epoll from './epoll.ts';
import { sys_eventfd2 } from './eventfd.ts';
import * as fds from './fd.ts';
import { notePoll } from './haste.ts';
import * as inotify from './inotify.ts';
import * as paths from './path.ts';
import { sys_pipe2 } from './pipe.ts';
import * as polls from './poll.ts';
import { type FdLink, type NetTable, readFdinfo, readFdLinks, readNetTable } from './proc.ts';
import * as process from './process.ts';
import { sys_read, sys_readv, sys_write, sys_writev } from './rw.ts';
import * as signals from './signal.ts';
import { sys_signalfd4 } from './signalfd.ts';
import * as sleep from './sleep.ts';
import * as sockets from './socket.ts';
import * as timerfds from './timerfd.ts';
import { answerUnknownCalls } from './unknown_call.ts';

export { AssertionFailed } from './assertion.ts';

/** Code of a program, or of one call that it makes. */
export type Code<T> = Kernel<T>;

/** A program, or what one of its threads runs: an ordinary generator over `sys`. */
export type Program = (sys: Sys) => Code<unknown>;

export type { Filled };

/** The interest in a file, as epoll_ctl takes it. */
export interface Interest {
  /** EPOLL* bits. */
  readonly events: number;
  /** Handed back with each event; any 64 bits. 0 when absent. */
  readonly data?: epoll_data_t;
}

/** Text is written as UTF-8. */
export type Writable = Uint8Array | string;

/** What gives tasks their programs; the machine gives it to each task. */
export interface ThreadMaker {
  thread(of: task_struct, program: Program, name?: string): task_struct;
  /** A child that has been forked runs `program`. */
  fork(child: task_struct, program: Program, name?: string): void;
  /** The running task goes on with `program`, and does not come back. */
  exec(task: task_struct, program: Program): Code<void>;
  /** Has there been a task of this number, which is there no more? */
  hasEnded(tid: number): boolean;
}

/** Two descriptors; both are the raw result when the call failed. */
export function filledPair(ret: number, pair: [number, number]): Filled<[number, number]> {
  const filled = (ret < 0 ? [ret, ret] : pair) as Filled<[number, number]>;
  filled.ret = ret;
  return filled;
}

const asBytes = (data: Writable): Uint8Array =>
  typeof data === 'string' ? encodeText(data) : data;

/**
 * What a program calls: a method for each system call, by the name of its man page. Each makes a
 * generator that `yield*` enters, and gives what the raw call returns: a result, or `-errno`.
 *
 * @throws TypeError from a call whose arguments are of the wrong type, or that is made by another
 * thread than the one whose sys this is
 * @throws OutOfSteps from a call in which the machine has come to its `maxSteps`
 */
export class Sys {
  /** The task that makes the calls. */
  readonly task: task_struct;
  private readonly maker: ThreadMaker;

  constructor(task: task_struct, maker: ThreadMaker) {
    this.task = task;
    this.maker = maker;
  }

  // ── epoll ──────────────────────────────────────────────────────────────────────────────────

  /**
   * epoll_create(2): a descriptor, or -errno. `size`, a number of files once, only has to be
   * positive.
   */
  epoll_create(size: number): Code<number> {
    this.check('epoll_create', [size]);
    return syscall('epoll_create', [size], () => epoll.sys_epoll_create(size));
  }

  /** epoll_create1(2): a descriptor, or -errno. `flags`: EPOLL_CLOEXEC or 0. */
  epoll_create1(flags: number): Code<number> {
    this.check('epoll_create1', [flags]);
    return syscall('epoll_create1', [flags], () => epoll.sys_epoll_create1(flags));
  }

  /** epoll_ctl(2): 0, or -errno. `event` is null (NULL) or absent for EPOLL_CTL_DEL. */
  epoll_ctl(epfd: number, op: number, fd: number, event: Interest | null = null): Code<number> {
    const fits = isInt(epfd) && isInt(op) && isInt(fd) && isInterest(event);
    if (!fits || current !== this.task) this.check('epoll_ctl', [epfd, op, fd, event]);
    const epds = event && { events: event.events | 0, data: event.data ?? 0 };
    return directCall('epoll_ctl', epoll.sys_epoll_ctl, epfd, op, fd, epds);
  }

  /**
   * epoll_wait(2): up to `maxevents` events, their number or -errno as `ret`. `timeout` in ms, -1
   * for ever, 0 to only look.
   */
  epoll_wait(epfd: number, maxevents: number, timeout: number): Code<Filled<epoll_event[]>> {
    const fits = isInt(epfd) && isInt(maxevents) && isInt(timeout);
    if (!fits || current !== this.task) this.check('epoll_wait', [epfd, maxevents, timeout]);
    if (timeout === 0) notePoll(timeout);
    return eventsCall('epoll_wait', epoll.sys_epoll_wait, epfd, maxevents, timeout);
  }

  /**
   * epoll_pwait(2): as epoll_wait, -errno included, with the signals of `sigmask` blocked meanwhile
   * (null: as they are). `timeout` in ms.
   */
  epoll_pwait(
    epfd: number,
    maxevents: number,
    timeout: number,
    sigmask: sigset_t | null,
  ): Code<Filled<epoll_event[]>> {
    this.check('epoll_pwait', [epfd, maxevents, timeout, sigmask]);
    notePoll(timeout);
    const events = new EventBuffer();
    const call = syscall('epoll_pwait', [epfd, events, maxevents, timeout, sigmask], () =>
      epoll.sys_epoll_pwait(epfd, events, maxevents, timeout, sigmask),
    );
    return fillingCall(call, (ret) => filledEvents(ret, events));
  }

  /**
   * epoll_pwait2(2): as epoll_pwait, -errno included, with a time span in seconds and nanoseconds,
   * null for ever.
   */
  epoll_pwait2(
    epfd: number,
    maxevents: number,
    timeout: epoll.timespec | null,
    sigmask: sigset_t | null = null,
  ): Code<Filled<epoll_event[]>> {
    this.check('epoll_pwait2', [epfd, maxevents, timeout, sigmask]);
    notePoll(timeout);
    const events = new EventBuffer();
    const call = syscall('epoll_pwait2', [epfd, events, maxevents, timeout, sigmask], () =>
      epoll.sys_epoll_pwait2(epfd, events, maxevents, timeout, sigmask),
    );
    return fillingCall(call, (ret) => filledEvents(ret, events));
  }

  // ── poll and select ────────────────────────────────────────────────────────────────────────

  /**
   * poll(2): how many entries have `revents`, which is filled in, or -errno. `timeout` in ms, -1
   * for ever.
   */
  poll(pollfds: readonly pollfd[], timeout: number): Code<number> {
    this.check('poll', [pollfds, timeout]);
    notePoll(timeout);
    return syscall('poll', [pollfds, timeout], () => polls.sys_poll(pollfds, timeout));
  }

  /**
   * ppoll(2): as poll, -errno included, with a time span in seconds and nanoseconds (null for
   * ever), left with what remains, and a signal mask.
   */
  ppoll(
    pollfds: readonly pollfd[],
    tmo_p: epoll.timespec | null,
    sigmask: sigset_t | null = null,
  ): Code<number> {
    this.check('ppoll', [pollfds, tmo_p, sigmask]);
    notePoll(tmo_p);
    return syscall('ppoll', [pollfds, tmo_p, sigmask], () =>
      polls.sys_ppoll(pollfds, tmo_p, sigmask),
    );
  }

  /**
   * select(2): how many bits are set in `sets`, which is replaced, or -errno. `nfds` is one more
   * than the highest descriptor. `timeout` (a timespec here, of which the microseconds count; null
   * for ever) is left with what remains.
   */
  select(nfds: number, sets: fd_set_bits, timeout: epoll.timespec | null): Code<number> {
    this.check('select', [nfds, sets, timeout]);
    notePoll(timeout);
    return syscall('select', [nfds, sets, timeout], () => polls.sys_select(nfds, sets, timeout));
  }

  /**
   * pselect6(2), pselect(2): as select, -errno included, with a signal mask; `timeout` in
   * nanoseconds.
   */
  pselect6(
    nfds: number,
    sets: fd_set_bits,
    timeout: epoll.timespec | null,
    sigmask: sigset_t | null = null,
  ): Code<number> {
    this.check('pselect6', [nfds, sets, timeout, sigmask]);
    notePoll(timeout);
    return syscall('pselect6', [nfds, sets, timeout, sigmask], () =>
      polls.sys_pselect6(nfds, sets, timeout, sigmask),
    );
  }

  // ── bytes ──────────────────────────────────────────────────────────────────────────────────

  /** read(2): how many bytes of `buf` were filled in, 0 at the end, or -errno. */
  read(fd: number, buf: Uint8Array): Code<number> {
    const fits = isInt(fd) && isBytes(buf);
    if (!fits || current !== this.task) this.check('read', [fd, buf]);
    return directCall('read', sys_read, fd, buf, buf.length, undefined);
  }

  /** write(2): how many bytes were taken, or -errno. */
  write(fd: number, buf: Writable): Code<number> {
    const fits = isInt(fd) && isWritable(buf);
    if (!fits || current !== this.task) this.check('write', [fd, buf]);
    const bytes = asBytes(buf);
    return directCall('write', sys_write, fd, bytes, bytes.length, undefined);
  }

  /**
   * readv(2): as read, into several pieces of memory one after the other: how many bytes, or
   * -errno.
   */
  readv(fd: number, iov: readonly Uint8Array[]): Code<number> {
    this.check('readv', [fd, iov]);
    return syscall('readv', [fd, iov, iov.length], () => sys_readv(fd, iov));
  }

  /** writev(2): as write, from several pieces one after the other: how many bytes, or -errno. */
  writev(fd: number, iov: readonly Writable[]): Code<number> {
    this.check('writev', [fd, iov]);
    const parts = iov.map(asBytes);
    return syscall('writev', [fd, parts, parts.length], () => sys_writev(fd, parts));
  }

  // ── paths ──────────────────────────────────────────────────────────────────────────────────

  /**
   * open(2): a descriptor, or -errno. There are /dev with its devices, /proc, /tmp, and what a
   * program makes. Relative paths start at the root.
   */
  open(pathname: string, flags: number, mode = 0): Code<number> {
    this.check('open', [pathname, flags, mode]);
    return syscall('open', [pathname, flags, mode], () => paths.sys_open(pathname, flags, mode));
  }

  /**
   * openat(2): a descriptor, or -errno: as open, relative to a directory's descriptor, or AT_FDCWD.
   */
  openat(dirfd: number, pathname: string, flags: number, mode = 0): Code<number> {
    this.check('openat', [dirfd, pathname, flags, mode]);
    return syscall('openat', [dirfd, pathname, flags, mode], () =>
      paths.sys_openat(dirfd, pathname, flags, mode),
    );
  }

  /**
   * lseek(2): the new position in bytes from the start, or -errno. `offset` in bytes; `whence`:
   * SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA or SEEK_HOLE.
   */
  lseek(fd: number, offset: number, whence: number): Code<number> {
    this.check('lseek', [fd, offset, whence]);
    return syscall('lseek', [fd, offset, whence], () => paths.sys_lseek(fd, offset, whence));
  }

  /** truncate(2): 0, or -errno. `length` in bytes. */
  truncate(path: string, length: number): Code<number> {
    this.check('truncate', [path, length]);
    return syscall('truncate', [path, length], () => paths.sys_truncate(path, length));
  }

  /** ftruncate(2): 0, or -errno. `length` in bytes. */
  ftruncate(fd: number, length: number): Code<number> {
    this.check('ftruncate', [fd, length]);
    return syscall('ftruncate', [fd, length], () => paths.sys_ftruncate(fd, length));
  }

  /** mkdir(2): 0, or -errno. `mode`: who may do what with it, 0o777 if not told. */
  mkdir(pathname: string, mode = 0o777): Code<number> {
    this.check('mkdir', [pathname, mode]);
    return syscall('mkdir', [pathname, mode], () => paths.sys_mkdir(pathname, mode));
  }

  /** rmdir(2): 0, or -errno: -ENOTEMPTY where something is in it. */
  rmdir(pathname: string): Code<number> {
    this.check('rmdir', [pathname]);
    return syscall('rmdir', [pathname], () => paths.sys_rmdir(pathname));
  }

  /** link(2): 0, or -errno. `newpath` becomes another name of the file `oldpath`. */
  link(oldpath: string, newpath: string): Code<number> {
    this.check('link', [oldpath, newpath]);
    return syscall('link', [oldpath, newpath], () => paths.sys_link(oldpath, newpath));
  }

  /** unlink(2): 0, or -errno. The file lives on while it is open. */
  unlink(pathname: string): Code<number> {
    this.check('unlink', [pathname]);
    return syscall('unlink', [pathname], () => paths.sys_unlink(pathname));
  }

  /** rename(2): 0, or -errno. What was at `newpath` is replaced. */
  rename(oldpath: string, newpath: string): Code<number> {
    this.check('rename', [oldpath, newpath]);
    return syscall('rename', [oldpath, newpath], () => paths.sys_rename(oldpath, newpath));
  }

  /** renameat2(2): 0, or -errno. `flags`: RENAME_NOREPLACE, RENAME_EXCHANGE. */
  renameat2(
    olddirfd: number,
    oldpath: string,
    newdirfd: number,
    newpath: string,
    flags: number,
  ): Code<number> {
    const args = [olddirfd, oldpath, newdirfd, newpath, flags];
    this.check('renameat2', args);
    return syscall('renameat2', args, () =>
      paths.sys_renameat2(olddirfd, oldpath, newdirfd, newpath, flags),
    );
  }

  // ── inotify ────────────────────────────────────────────────────────────────────────────────

  /**
   * inotify_init1(2), inotify_init(2): a descriptor, or -errno. `flags`: IN_CLOEXEC, IN_NONBLOCK.
   * What is read of it: see inotifyEvents().
   */
  inotify_init1(flags: number): Code<number> {
    this.check('inotify_init1', [flags]);
    return syscall('inotify_init1', [flags], () => inotify.sys_inotify_init1(flags));
  }

  /** inotify_add_watch(2): the number of the watch, or -errno. `mask`: IN_* bits. */
  inotify_add_watch(fd: number, pathname: string, mask: number): Code<number> {
    this.check('inotify_add_watch', [fd, pathname, mask]);
    return syscall('inotify_add_watch', [fd, pathname, mask], () =>
      inotify.sys_inotify_add_watch(fd, pathname, mask),
    );
  }

  /** inotify_rm_watch(2): 0, or -errno. `wd` is the number that inotify_add_watch has given. */
  inotify_rm_watch(fd: number, wd: number): Code<number> {
    this.check('inotify_rm_watch', [fd, wd]);
    return syscall('inotify_rm_watch', [fd, wd], () => inotify.sys_inotify_rm_watch(fd, wd));
  }

  // ── descriptors ────────────────────────────────────────────────────────────────────────────

  /** close(2): 0, or -EBADF. */
  close(fd: number): Code<number> {
    this.check('close', [fd]);
    return syscall('close', [fd], () => fds.sys_close(fd));
  }

  /** dup(2): the lowest free descriptor, now a second one of the same open file, or -errno. */
  dup(oldfd: number): Code<number> {
    this.check('dup', [oldfd]);
    return syscall('dup', [oldfd], () => fds.sys_dup(oldfd));
  }

  /**
   * dup2(2): `newfd`, now a second one of the same open file, or -errno. What it was before is
   * closed.
   */
  dup2(oldfd: number, newfd: number): Code<number> {
    this.check('dup2', [oldfd, newfd]);
    return syscall('dup2', [oldfd, newfd], () => fds.sys_dup2(oldfd, newfd));
  }

  /**
   * dup3(2), dup2(2): as dup2, or -errno: -EINVAL if both are the same. `flags`: O_CLOEXEC or 0.
   */
  dup3(oldfd: number, newfd: number, flags: number): Code<number> {
    this.check('dup3', [oldfd, newfd, flags]);
    return syscall('dup3', [oldfd, newfd, flags], () => fds.sys_dup3(oldfd, newfd, flags));
  }

  /**
   * fcntl(2): a result that depends on `cmd`, or -errno. F_DUPFD, F_DUPFD_CLOEXEC: a descriptor,
   * from `arg` on; F_GETFD, F_SETFD: FD_CLOEXEC; F_GETFL, F_SETFL: O_*; F_GETPIPE_SZ, F_SETPIPE_SZ:
   * bytes.
   */
  fcntl(fd: number, cmd: number, arg = 0): Code<number> {
    this.check('fcntl', [fd, cmd, arg]);
    return syscall('fcntl', [fd, cmd, arg], () => fds.sys_fcntl(fd, cmd, arg));
  }

  /**
   * ioctl(2): 0, or -errno. `argp` is read and filled in: `{ value }` for FIONREAD, FIONBIO,
   * TFD_IOC_SET_TICKS, …; epoll_params for EPIOC*PARAMS.
   */
  ioctl(fd: number, op: number, argp: object): Code<number> {
    this.check('ioctl', [fd, op, argp]);
    return syscall('ioctl', [fd, op, argp], () => fds.sys_ioctl(fd, op | 0, argp));
  }

  /**
   * What /proc/PID/fd shows: a link for each descriptor of a process, in ascending order, with
   * `ret` 0, or -ENOENT; see proc_pid_fd(5). `pid` is 0 for the caller.
   */
  procFd(pid = 0): Code<{ links: FdLink[]; ret: number }> {
    this.check('procFd', [pid]);
    const links: FdLink[] = [];
    const call = libraryCall('procFd', () => runSyscall(() => readFdLinks(pid, links)));
    return fillingCall(call, (ret) => ({ links, ret }));
  }

  /**
   * What /proc/PID/fdinfo/FD shows, with `ret` 0, or -ENOENT; see proc_pid_fdinfo(5). `pid` is 0 for
   * the caller.
   */
  fdinfo(fd: number, pid = 0): Code<{ text: string; ret: number }> {
    this.check('fdinfo', [fd, pid]);
    const lines: string[] = [];
    const call = libraryCall('fdinfo', () => runSyscall(() => readFdinfo(fd, pid, lines)));
    return fillingCall(call, (ret) => ({ text: lines.map((line) => `${line}\n`).join(''), ret }));
  }

  /**
   * What /proc/net/tcp or /proc/net/udp shows on the caller's host: a line a socket, see proc(5).
   * `name` is 'tcp' or 'udp'; `ret` is 0.
   */
  procNet(name: NetTable): Code<{ text: string; ret: number }> {
    this.check('procNet', [name]);
    const lines: string[] = [];
    const call = libraryCall('procNet', () => runSyscall(() => readNetTable(name, lines)));
    return fillingCall(call, (ret) => ({ text: lines.map((line) => `${line}\n`).join(''), ret }));
  }

  /**
   * eventfd2(2), see eventfd(2): a descriptor, or -errno. `initval` is the counter at first;
   * `flags`: EFD_SEMAPHORE, EFD_NONBLOCK, EFD_CLOEXEC.
   */
  eventfd2(initval: number, flags: number): Code<number> {
    this.check('eventfd2', [initval, flags]);
    return syscall('eventfd2', [initval, flags], () => sys_eventfd2(initval, flags));
  }

  /**
   * signalfd4(2), see signalfd(2): a descriptor, or -errno. `fd` is -1 for a new one; `flags`:
   * SFD_NONBLOCK, SFD_CLOEXEC. What is read of it are entries of 128 bytes: see signalsRead().
   */
  signalfd4(fd: number, mask: sigset_t, flags: number): Code<number> {
    this.check('signalfd4', [fd, mask, flags]);
    return syscall('signalfd4', [fd, mask, flags], () => sys_signalfd4(fd, mask, flags));
  }

  /**
   * pipe2(2), see pipe(2): the read end and the write end, with 0 or -errno as `ret`. `flags`:
   * O_NONBLOCK, O_CLOEXEC, O_DIRECT.
   */
  pipe2(flags: number): Code<Filled<[number, number]>> {
    this.check('pipe2', [flags]);
    const pipefd: [number, number] = [-1, -1];
    const call = syscall('pipe2', [pipefd, flags], () => sys_pipe2(pipefd, flags));
    return fillingCall(call, (ret) => filledPair(ret, pipefd));
  }

  /**
   * timerfd_create(2): a descriptor, or -errno. `clockid`: CLOCK_MONOTONIC, CLOCK_REALTIME, …;
   * `flags`: TFD_NONBLOCK, TFD_CLOEXEC.
   */
  timerfd_create(clockid: number, flags: number): Code<number> {
    this.check('timerfd_create', [clockid, flags]);
    return syscall('timerfd_create', [clockid, flags], () =>
      timerfds.sys_timerfd_create(clockid, flags),
    );
  }

  /**
   * timerfd_settime(2): 0, or -errno. `flags`: TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET; times in
   * seconds and nanoseconds. `old_value`, if given, is filled in; null is NULL.
   */
  timerfd_settime(
    fd: number,
    flags: number,
    new_value: itimerspec | null,
    old_value: itimerspec | null = null,
  ): Code<number> {
    this.check('timerfd_settime', [fd, flags, new_value, old_value]);
    return syscall('timerfd_settime', [fd, flags, new_value, old_value], () =>
      timerfds.sys_timerfd_settime(fd, flags, new_value, old_value),
    );
  }

  /**
   * timerfd_gettime(2): the time to the next expiry and the period, in seconds and nanoseconds,
   * with 0 or -errno as `ret`.
   */
  timerfd_gettime(fd: number): Code<Filled<itimerspec>> {
    this.check('timerfd_gettime', [fd]);
    const none = { tv_sec: 0, tv_nsec: 0 };
    const curr_value: itimerspec = { it_interval: none, it_value: none };
    const call = syscall('timerfd_gettime', [fd, curr_value], () =>
      timerfds.sys_timerfd_gettime(fd, curr_value),
    );
    return fillingCall(call, (ret) => ({ ...curr_value, ret }));
  }

  // ── sockets ────────────────────────────────────────────────────────────────────────────────

  /** socket(2): a descriptor, or -errno. `type` may have SOCK_NONBLOCK and SOCK_CLOEXEC. */
  socket(domain: number, type: number, protocol = 0): Code<number> {
    this.check('socket', [domain, type, protocol]);
    return syscall('socket', [domain, type, protocol], () =>
      sockets.sys_socket(domain, type, protocol),
    );
  }

  /**
   * socketpair(2): two connected descriptors, with 0 or -errno as `ret`. `type` may have
   * SOCK_NONBLOCK and SOCK_CLOEXEC.
   */
  socketpair(domain: number, type: number, protocol = 0): Code<Filled<[number, number]>> {
    this.check('socketpair', [domain, type, protocol]);
    const sv: [number, number] = [-1, -1];
    const call = syscall('socketpair', [domain, type, protocol, sv], () =>
      sockets.sys_socketpair(domain, type, protocol, sv),
    );
    return fillingCall(call, (ret) => filledPair(ret, sv));
  }

  /** bind(2): 0, or -errno: -EADDRINUSE where somebody has the address. */
  bind(sockfd: number, addr: sockaddr): Code<number> {
    this.check('bind', [sockfd, addr]);
    return syscall('bind', [sockfd, addr], () => sockets.sys_bind(sockfd, addr));
  }

  /** listen(2): 0, or -errno. `backlog`: how many connections may wait to be accepted. */
  listen(sockfd: number, backlog: number): Code<number> {
    this.check('listen', [sockfd, backlog]);
    return syscall('listen', [sockfd, backlog], () => sockets.sys_listen(sockfd, backlog));
  }

  /** connect(2): 0, or -errno (-EINPROGRESS for a socket that does not block). */
  connect(sockfd: number, addr: sockaddr): Code<number> {
    this.check('connect', [sockfd, addr]);
    return syscall('connect', [sockfd, addr], () => sockets.sys_connect(sockfd, addr));
  }

  /**
   * accept4(2), accept(2): the descriptor of a connection, or -errno. `flags`: SOCK_NONBLOCK,
   * SOCK_CLOEXEC.
   */
  accept4(sockfd: number, flags: number): Code<number> {
    this.check('accept4', [sockfd, flags]);
    return syscall('accept4', [sockfd, flags], () => sockets.sys_accept4(sockfd, flags));
  }

  /** shutdown(2): 0, or -errno. `how`: SHUT_RD, SHUT_WR or SHUT_RDWR. */
  shutdown(sockfd: number, how: number): Code<number> {
    this.check('shutdown', [sockfd, how]);
    return syscall('shutdown', [sockfd, how], () => sockets.sys_shutdown(sockfd, how));
  }

  /** send(2): how many bytes were taken, or -errno. `flags`: MSG_* bits. */
  send(sockfd: number, buf: Writable, flags: number): Code<number> {
    this.check('send', [sockfd, buf, flags]);
    const bytes = asBytes(buf);
    const args = [sockfd, bytes, bytes.length, flags];
    return syscall('sendto', args, () => sockets.sys_sendto(sockfd, bytes, flags, null), 'send');
  }

  /**
   * recv(2): how many bytes of `buf` were filled in, 0 at the end, or -errno. `flags`: MSG_* bits.
   */
  recv(sockfd: number, buf: Uint8Array, flags: number): Code<number> {
    this.check('recv', [sockfd, buf, flags]);
    const args = [sockfd, buf, buf.length, flags];
    return syscall('recvfrom', args, () => sockets.sys_recvfrom(sockfd, buf, flags), 'recv');
  }

  /** sendto(2): how many bytes were taken, or -errno. `flags`: MSG_* bits. */
  sendto(sockfd: number, buf: Writable, flags: number, dest_addr: sockaddr): Code<number> {
    this.check('sendto', [sockfd, buf, flags, dest_addr]);
    const bytes = asBytes(buf);
    return syscall('sendto', [sockfd, bytes, bytes.length, flags, dest_addr], () =>
      sockets.sys_sendto(sockfd, bytes, flags, dest_addr),
    );
  }

  /**
   * recvfrom(2): as recv, -errno included, as `ret`; and the sender's address as `addr`, null if it
   * has none.
   */
  recvfrom(
    sockfd: number,
    buf: Uint8Array,
    flags: number,
  ): Code<{ ret: number; addr: sockaddr | null }> {
    this.check('recvfrom', [sockfd, buf, flags]);
    const from: sockets.AddressPointer = { addr: null };
    const call = syscall('recvfrom', [sockfd, buf, buf.length, flags, from], () =>
      sockets.sys_recvfrom(sockfd, buf, flags, from),
    );
    return fillingCall(call, (ret) => ({ ret, addr: from.addr }));
  }

  /**
   * sendmsg(2): how many bytes were taken, or -errno. `msg_control` has what goes along:
   * `{ level: SOL_SOCKET, type: SCM_RIGHTS, data: [fd, …] }`, or SCM_CREDENTIALS with
   * `{ pid, uid, gid }`.
   */
  sendmsg(sockfd: number, msg: user_msghdr, flags: number): Code<number> {
    this.check('sendmsg', [sockfd, msg, flags]);
    return syscall('sendmsg', [sockfd, msg, flags], () => sockets.sys_sendmsg(sockfd, msg, flags));
  }

  /**
   * recvmsg(2): how many bytes were filled in, or -errno. Fills in `msg_name`, `msg_flags` and,
   * where it is given (as `[]`), `msg_control`; `msg_controllen` bounds that, and is then how much
   * of it was used.
   */
  recvmsg(sockfd: number, msg: user_msghdr, flags: number): Code<number> {
    this.check('recvmsg', [sockfd, msg, flags]);
    return syscall('recvmsg', [sockfd, msg, flags], () => sockets.sys_recvmsg(sockfd, msg, flags));
  }

  /** getsockname(2): the socket's own address, and 0 or -errno as `ret`. */
  getsockname(sockfd: number): Code<{ ret: number; addr: sockaddr | null }> {
    this.check('getsockname', [sockfd]);
    const out: sockets.AddressPointer = { addr: null };
    const call = syscall('getsockname', [sockfd, out], () => sockets.sys_getsockname(sockfd, out));
    return fillingCall(call, (ret) => ({ ret, addr: out.addr }));
  }

  /** getpeername(2): the peer's address, and 0 or -errno as `ret`. */
  getpeername(sockfd: number): Code<{ ret: number; addr: sockaddr | null }> {
    this.check('getpeername', [sockfd]);
    const out: sockets.AddressPointer = { addr: null };
    const call = syscall('getpeername', [sockfd, out], () => sockets.sys_getpeername(sockfd, out));
    return fillingCall(call, (ret) => ({ ret, addr: out.addr }));
  }

  /**
   * setsockopt(2): 0, or -errno. SO_LINGER takes seconds, negative for off; SO_RCVTIMEO and
   * SO_SNDTIMEO take a timeval, `{ tv_sec, tv_usec }`.
   */
  setsockopt(sockfd: number, level: number, optname: number, optval: OptionValue): Code<number> {
    this.check('setsockopt', [sockfd, level, optname, optval]);
    return syscall('setsockopt', [sockfd, level, optname, optval], () =>
      sockets.sys_setsockopt(sockfd, level, optname, optval),
    );
  }

  /** getsockopt(2): `value`, for SO_RCVTIMEO and SO_SNDTIMEO also `timeval`; 0 or -errno as `ret`. */
  getsockopt(sockfd: number, level: number, optname: number): Code<Filled<OptionPointer>> {
    this.check('getsockopt', [sockfd, level, optname]);
    const out: OptionPointer = { value: 0 };
    const call = syscall('getsockopt', [sockfd, level, optname, out], () =>
      sockets.sys_getsockopt(sockfd, level, optname, out),
    );
    return fillingCall(call, (ret) => ({ ...out, ret }));
  }

  // ── processes, signals, time ───────────────────────────────────────────────────────────────

  /** getpid(2): the number of the process; never fails. */
  getpid(): Code<number> {
    this.check('getpid', []);
    return syscall('getpid', [], () => process.sys_getpid());
  }

  /** gettid(2): the number of the thread; never fails. */
  gettid(): Code<number> {
    this.check('gettid', []);
    return syscall('gettid', [], () => process.sys_gettid());
  }

  /** sched_yield(2): 0, when others have had their turn; never fails. */
  sched_yield(): Code<number> {
    this.check('sched_yield', []);
    return syscall('sched_yield', [], () => sleep.sys_sched_yield());
  }

  /** nanosleep(2): 0, -EINVAL, or -EINTR, with the time that is left in `rem`. */
  nanosleep(req: epoll.timespec, rem: epoll.timespec | null = null): Code<number> {
    this.check('nanosleep', [req, rem]);
    return syscall('nanosleep', [req, rem], () => sleep.sys_nanosleep(req, rem));
  }

  /**
   * clock_gettime(2): what a clock shows, or -EINVAL. Time is virtual: it starts at 1 s and stands
   * still while code runs; CLOCK_REALTIME shows the same until it is set. A C library asks without a
   * system call, so strace shows none on Linux.
   */
  clock_gettime(clockid: number): Code<Filled<epoll.timespec>> {
    this.check('clock_gettime', [clockid]);
    this.task.kernel.clockReads++;
    const tp: epoll.timespec = { tv_sec: 0, tv_nsec: 0 };
    const call = syscall('clock_gettime', [clockid, tp], () => sys_clock_gettime(clockid, tp));
    return fillingCall(call, (ret) => ({ ...tp, ret }));
  }

  /**
   * clock_settime(2): 0, or -errno. Of clocks only CLOCK_REALTIME can be set, and not to before the
   * machine's start. Timers for its times move, those with TFD_TIMER_CANCEL_ON_SET are cancelled.
   */
  clock_settime(clockid: number, tp: epoll.timespec | null): Code<number> {
    this.check('clock_settime', [clockid, tp]);
    return syscall('clock_settime', [clockid, tp], () => sys_clock_settime(clockid, tp));
  }

  /**
   * tgkill(2): 0, or -errno. The signal is for the thread `tid` of the process `tgid`; `sig` 0 only
   * asks.
   */
  tgkill(tgid: number, tid: number, sig: number): Code<number> {
    this.check('tgkill', [tgid, tid, sig]);
    return syscall('tgkill', [tgid, tid, sig], () => signals.sys_tgkill(tgid, tid, sig));
  }

  /**
   * kill(2): 0, or -errno. The signal is for any thread of the process; `pid` 0 means the caller's
   * process group, -1 all other processes, any other negative one a group. `sig` 0 only asks.
   */
  kill(pid: number, sig: number): Code<number> {
    this.check('kill', [pid, sig]);
    return syscall('kill', [pid, sig], () => signals.sys_kill(pid, sig));
  }

  /** sigqueue(3): as kill(), -errno included, with a value that a signalfd can be read for. */
  sigqueue(pid: number, sig: number, value: number | bigint): Code<number> {
    this.check('sigqueue', [pid, sig, value]);
    const si_value = BigInt(value);
    const { tgid: si_pid, user } = this.task;
    const args = [pid, sig, { si_signo: sig, si_pid, si_uid: user.uid, si_value }];
    return syscall(
      'rt_sigqueueinfo',
      args,
      () => signals.sys_rt_sigqueueinfo(pid, sig, si_value),
      'sigqueue',
    );
  }

  /** sigaction(2): 0, or -errno. What happens with a signal, for all threads of the process. */
  sigaction(signum: number, act: Partial<sigaction> & Pick<sigaction, 'handler'>): Code<number> {
    this.check('sigaction', [signum, act]);
    const full: sigaction = { flags: 0, mask: 0n, ...act };
    const args = [signum, full];
    return syscall('rt_sigaction', args, () => signals.sys_rt_sigaction(signum, full), 'sigaction');
  }

  /**
   * sigprocmask(2): 0, or -errno. `how`: SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK; see sigset() for
   * masks.
   */
  sigprocmask(how: number, set: sigset_t): Code<number> {
    this.check('sigprocmask', [how, set]);
    const args = [how, set];
    return syscall(
      'rt_sigprocmask',
      args,
      () => signals.sys_rt_sigprocmask(how, set),
      'sigprocmask',
    );
  }

  /** getppid(2): the parent's number, 1 (init) once that has ended; never fails. */
  getppid(): Code<number> {
    this.check('getppid', []);
    return syscall('getppid', [], () => process.sys_getppid());
  }

  /** setpgid(2): 0, or -errno. `pid` 0: the caller; `pgid` 0: a group of that process's number. */
  setpgid(pid: number, pgid: number): Code<number> {
    this.check('setpgid', [pid, pgid]);
    return syscall('setpgid', [pid, pgid], () => process.sys_setpgid(pid, pgid));
  }

  /** getpgid(2): the process group of a process (0: of the caller), or -ESRCH. */
  getpgid(pid: number): Code<number> {
    this.check('getpgid', [pid]);
    return syscall('getpgid', [pid], () => process.sys_getpgid(pid));
  }

  /** getsid(2): the session of a process (0: of the caller), or -ESRCH. */
  getsid(pid: number): Code<number> {
    this.check('getsid', [pid]);
    return syscall('getsid', [pid], () => process.sys_getsid(pid));
  }

  /** setsid(2): the number of the new session, or -EPERM for the leader of a process group. */
  setsid(): Code<number> {
    this.check('setsid', []);
    return syscall('setsid', [], () => process.sys_setsid());
  }

  /**
   * fork(2): the child's number, or -errno. The child runs `child`, which stands for the code
   * behind `if (fork() == 0)`, with a copy of the descriptors; it ends when that returns.
   */
  fork(child: Program, name?: string): Code<number> {
    this.check('fork', [child, name]);
    return syscall('fork', [], () => process.sys_fork(this.starter(child, name)));
  }

  /**
   * vfork(2): as fork, -errno included, and comes back when the child has called execve() or has
   * ended.
   */
  vfork(child: Program, name?: string): Code<number> {
    this.check('vfork', [child, name]);
    return syscall('vfork', [], () => process.sys_vfork(this.starter(child, name)));
  }

  /**
   * clone(2) of a process: as fork, -errno included, with CLONE_FILES (the descriptors are shared),
   * CLONE_PARENT, CLONE_VFORK, CLONE_VM, and the signal that the child's end sends, such as
   * SIGCHLD.
   */
  clone(flags: number, child: Program, name?: string): Code<number> {
    this.check('clone', [flags, child, name]);
    return syscall('clone', [flags], () => process.sys_clone(flags, this.starter(child, name)));
  }

  private starter(program: Program, name: string | undefined): process.Starter {
    return (child) => this.maker.fork(child, program, name);
  }

  /**
   * execve(2): the process goes on with `program`, under the name `pathname`; comes back only where
   * the process is being killed. Other threads end, handlers are forgotten, descriptors with
   * FD_CLOEXEC are closed.
   */
  execve(pathname: string, program: Program): Code<number> {
    this.check('execve', [pathname, program]);
    return libraryCall('execve', () => this.exec(pathname, program));
  }

  private *exec(pathname: string, program: Program): Code<number> {
    const ret = yield* syscall('execve', [pathname], () => process.sys_execve(pathname));
    if (ret === 0) yield* this.maker.exec(this.task, program);
    return ret;
  }

  /**
   * wait4(2): the number of a child that has ended, 0 for none with WNOHANG, or -errno as `ret`; how
   * it has ended as `status`, see WIFEXITED and WIFSIGNALED. `pid` is a child, -1 for any, 0 for the
   * caller's process group, or a group's number negated.
   */
  wait4(pid: number, options = 0): Code<{ ret: number; status: number }> {
    this.check('wait4', [pid, options]);
    const stat = { status: 0 };
    const call = syscall('wait4', [pid, stat, options], () =>
      process.sys_wait4(pid, stat, options),
    );
    return fillingCall(call, (ret) => ({ ret, ...stat }));
  }

  /**
   * waitid(2): 0 or -errno as `ret`, and who has ended, and how. `idtype`: P_ALL, P_PID, P_PGID or
   * P_PIDFD; `options`: WEXITED, WNOHANG, WNOWAIT. With WNOHANG `si_pid` is 0 where nobody has.
   */
  waitid(idtype: number, id: number, options: number): Code<Filled<waitid_info>> {
    this.check('waitid', [idtype, id, options]);
    const infop: waitid_info = { si_signo: 0, si_code: 0, si_pid: 0, si_uid: 0, si_status: 0 };
    const call = syscall('waitid', [idtype, id, infop, options], () =>
      process.sys_waitid(idtype, id, infop, options),
    );
    return fillingCall(call, (ret) => ({ ...infop, ret }));
  }

  /** pidfd_open(2): a descriptor that stands for a process, or -errno. */
  pidfd_open(pid: number, flags: number): Code<number> {
    this.check('pidfd_open', [pid, flags]);
    return syscall('pidfd_open', [pid, flags], () => process.sys_pidfd_open(pid, flags));
  }

  /** pidfd_send_signal(2): 0, or -errno. `info` null: as kill(). `flags`: PIDFD_SIGNAL_* or 0. */
  pidfd_send_signal(
    pidfd: number,
    sig: number,
    info: kernel_siginfo | null = null,
    flags = 0,
  ): Code<number> {
    this.check('pidfd_send_signal', [pidfd, sig, info, flags]);
    return syscall('pidfd_send_signal', [pidfd, sig, info, flags], () =>
      process.sys_pidfd_send_signal(pidfd, sig, info, flags),
    );
  }

  /** exit(2): ends the calling thread, and the process with its last one; does not return. */
  exit(status: number): Code<never> {
    this.check('exit', [status]);
    return libraryCall('exit', () => this.end('exit', status, process.sys_exit(status)));
  }

  /** exit_group(2): ends the process; does not return. */
  exit_group(status: number): Code<never> {
    this.check('exit_group', [status]);
    const call = process.sys_exit_group(status);
    return libraryCall('exit_group', () => this.end('exit_group', status, call));
  }

  private *end(name: string, status: number, call: Code<void>): Code<never> {
    this.task.kernel.tracer?.sysEnter(this.task, name, [status]);
    yield* call;
    throw new Error('unreachable');
  }

  /**
   * pthread_create(3): a new thread of this process, which runs `start_routine`; its tid. It never
   * fails.
   */
  pthread_create(start_routine: Program, name?: string): Code<number> {
    this.check('pthread_create', [start_routine, name]);
    return libraryCall('pthread_create', () => this.create(start_routine, name));
  }

  private *create(start_routine: Program, name: string | undefined): Code<number> {
    yield this.task.files.lookup;
    const { pid } = this.maker.thread(this.task, start_routine, name);
    if (this.task.kernel.exact) yield fromMaking; // Its thread goes on as well.
    return pid;
  }

  /**
   * pthread_join(3): sleeps until a thread of this machine has ended; 0, -ESRCH where there has
   * been none of that number, -EDEADLK for the caller itself. Signals do not end it.
   */
  pthread_join(tid: number): Code<number> {
    this.check('pthread_join', [tid]);
    return libraryCall('pthread_join', () => this.join(tid));
  }

  private *join(tid: number): Code<number> {
    if (tid === this.task.pid) return -EDEADLK;
    const thread = this.task.kernel.tasks.get(tid);
    if (thread === undefined) return this.maker.hasEnded(tid) ? 0 : -ESRCH;
    let ret: number;
    do {
      ret = yield* syscall('futex', [tid], () => waitForExit(thread));
    } while (ret === -EINTR);
    return ret;
  }

  /** Throws a TypeError where the call cannot be meant: by its caller, or by its arguments. */
  private check(call: CallName, values: readonly unknown[]): void {
    if (current !== this.task) throw calledElsewhere(call, this.task);
    checkArguments(call, values);
  }

  /**
   * assert(3): fails the run with `message` unless `condition` holds: what the program promises.
   *
   * @throws AssertionFailed unless `condition` holds
   */
  assert(condition: unknown, message: string): void {
    if (condition) return;
    const forgotten = this.task.kernel.calls.forgottenBy(this.task);
    const why = forgotten === null ? '' : ` (${forgotten})`;
    throw new AssertionFailed(message + why, this.task.comm);
  }
}

answerUnknownCalls(Sys.prototype);

/** The likely mistakes: `sys` of the function around a thread's, and `sys` kept for later. */
function calledElsewhere(call: string, { comm }: task_struct): TypeError {
  const found = current.kernel.running
    ? `found a call by ${current.comm}, whose function is given a sys of its own`
    : 'found one when nothing runs';
  return new TypeError(`${call}: expected a call by ${comm}, whose sys this is, ${found}`);
}

/** The mask of some signals. */
export const sigset = (...signals: number[]): sigset_t =>
  signals.reduce((set, sig) => set | sigmask(sig), 0n);
